# ruff: noqa: E501 - bank files keep their own line lengths
"""Bank files of a made-up company, one of each format, small enough to check by eye."""

BAI2 = """01,122099999,123456789,260402,0200,1,,,2/
02,123456789,122099999,1,260401,2359,USD,2/
03,0123456789,USD,010,1000000,,,015,1161050,,,100,211050,3,,400,50000,1,/
16,142,150000,Z,,,ACME CORP CCD INV 4711/
16,195,50050,,W0001,CUST9,Incoming Wire,From: BETA LLC, Ref 8/26
88,EREF: E2E-77
88,DBNM: BETA LLC
88,REMI: INVOICE 4712, 4713
16,115,11000,S,5000,6000,0,LB1,,LOCKBOX NO 68751/
16,555,50000,V,260403,,RET1,,RETURNED ITEM/
49,2683150,9/
98,2683150,1,11/
99,2683150,1,13/
"""

MT940 = """:20:STARTUMS
:25:51230800/0000007055
:28C:00027/00001
:60F:C260330EUR1000,00
:61:2603310331CR250,50NTRFNONREF//BANK-1
:86:166?00GUTSCHRIFT?20EREF+E2E-1?21SVWZ+RECHNUNG 4711 VOM 0?221.03.26?30DRE
SDEFF508?31DE14508800500194785000?32ACME?33 GMBH
:61:2603310331RC50,00NRTINONREF//BANK-2
:86:109?00RETOURE?20SVWZ+RUECKGABE 4700
:61:2602300401D0,5NMSCNONREF
:86:GEBUEHR
:62F:C260331EUR1200,
-
"""

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>S1</Id>
<ElctrncSeqNb>58</ElctrncSeqNb><CreDtTm>2026-04-01T06:00:00</CreDtTm>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy><Svcr><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></Svcr></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00000</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-03-31</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">260</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><DtTm>2026-03-31T23:59:59</DtTm></Dt></Bal>
<Ntry><Amt Ccy="EUR">400.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-31</Dt></BookgDt>
<AcctSvcrRef>BATCH-1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls>
<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><Amt Ccy="EUR">150.00</Amt><RltdPties><Dbtr><Pty><Nm>ACME  GmbH</Nm></Pty></Dbtr>
<DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct></RltdPties>
<RltdAgts><DbtrAgt><FinInstnId><BICFI>BYLADEM1001</BICFI></FinInstnId></DbtrAgt></RltdAgts>
<RmtInf><Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>4711</Nb></RfrdDocInf>
<RfrdDocAmt><DscntApldAmt><Amt Ccy="EUR">4.00</Amt></DscntApldAmt><RmtdAmt Ccy="EUR">196.00</RmtdAmt></RfrdDocAmt></Strd>
<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CREN</Cd></CdOrPrtry></Tp><Nb>CM-9</Nb></RfrdDocInf>
<RfrdDocAmt><CdtNoteAmt Ccy="EUR">46.00</CdtNoteAmt></RfrdDocAmt></Strd></RmtInf></TxDtls>
<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">250.00</Amt><RltdPties><Dbtr><Nm>BETA AG</Nm></Dbtr></RltdPties>
<RmtInf><Ustrd>Rechnung 4712</Ustrd><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">40.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts>BOOK</Sts><ValDt><Dt>2026-03-31</Dt></ValDt>
<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>GAMMA SA</Nm></Dbtr><Cdtr><Nm>US</Nm></Cdtr></RltdPties><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">99.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2026-04-01</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""

CSV = """Date;Value date;Description;Amount;Currency;Partner name;Reference;Balance
13.04.2026;13.04.2026;Invoice 4711;1.250,50;EUR;ACME GmbH;T-1;2.250,50
14.04.2026;13.04.2026;Fee;-0,50;EUR;;T-2;2.250,00
"""

LOCKBOX = """100ALDERMERE 01210002482611030700
2ALDERMERE 01210002480000000001400080
50010000005501261103ALDERMERE 0121000248
6001001000001500002100002100000044170000002101110326KESTREL FOODS
400100160190INV-1
700100000055012611030010000015000
800100000055012611030001000015000
9000008
"""

OFX = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
ENCODING:UTF-8

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>77</BANKACCTFROM><BANKTRANLIST><DTSTART>20261101
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261103120000[-5:EST]<TRNAMT>+1,006.60<FITID>F1<NAME>KESTREL &amp; CO<MEMO>INV-1</STMTTRN>
<STMTTRN><TRNTYPE>FEE<DTPOSTED>20261103<TRNAMT>-2.50<FITID>F2</STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>9.00<DTASOF>20261103</LEDGERBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""

CARDS = """Date,Name,Currency,Gross,Fee,Net,Batch,Invoice
2026-11-03,KESTREL,USD,100.00,2.90,97.10,B7,INV-1
2026-11-03,NORDIA,USD,-20.00,0.00,-20.00,B7,
"""

ALL = {"bai2": BAI2.encode(), "mt940": MT940.encode(), "camt053": CAMT.encode(), "csv": CSV.encode()}
MORE = {"lockbox": LOCKBOX.encode(), "ofx": OFX.encode(), "cards": CARDS.encode()}
"""Files that tell of no balance to foot."""
