"""Advices of made-up payers, one of each EDI format, small enough to check by eye."""

ISA = "ISA*00*          *00*          *ZZ*ACMECORP       *01*SELLER         *270219*1015*U*00401*000000042*0*P*>"

X12 = (
    ISA + "~\nGS*RA*ACMECORP*SELLER*20270219*1015*42*X*004010~\nST*820*0001~\n"
    "BPR*C*2480.5*C*ACH*CTX*01*021000021*DA*7788990011*1234567890**01*011000015*DA*123450001*20270219~\n"
    "TRN*1*ACH-99001*1234567890~\nCUR*PR*USD~\nREF*TN*REM-55~\nN1*PR*ACME  CORP*1*123456789~\nN1*PE*SELLER INC~\nENT*1~\n"
    "RMR*IV*INV-1001*PI*980*1000*20~\nREF*PO*PO-7~\nDTM*003*20270115~\n"
    "RMR*IV*INV-1002*PI*1550.50*1600.50~\nADX*-50*01*IV*CLAIM-3~\n"
    "RMR*CM*CM-9**50~\nENT*2~\nADX*.5*ZZ~\nADX*-.5*ZZ*CM*~\nSE*18*0001~\nGE*1*42~\nIEA*1*000000042~\n"
)

REMADV = (
    "UNA:+.? '\nUNB+UNOC:3+4012345000023:14+4012345000030:14+270219:1012+REF1'\nUNH+1+REMADV:D:05A:UN'\nBGM+481+AVIS-77+9'\n"
    "DTM+137:202702191012:203'\nDTM+138:20270220:102'\nRFF+PQ:PAY4711'\nFII+OR+DE02120300000000202051+COBADEFF'\n"
    "NAD+PR+4012345000023::9++O?'NEILL ?+ CO'\nCUX+2:EUR:11'\nDOC+380+INV-1001'\nMOA+9:1190.00'\nMOA+12:1166.2'\nMOA+52:23.80'\n"
    "DOC+380+INV-1002'\nMOA+9:500'\nMOA+12:450'\nAJT+71'\nFTX+ABO+++short delivery:12 pieces'\n"
    "DOC+381+CN-9'\nMOA+9:100'\nMOA+12:100'\nUNS+S'\nMOA+12:1516.20'\nUNT+21+1'\nUNZ+1+REF1'\n"
)

REMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:remt.001.001.04"><RmtAdvc><GrpHdr><MsgId>M1</MsgId>
<CreDtTm>2027-02-19T10:00:00</CreDtTm><InitgPty><Nm>ACME Shared Services</Nm></InitgPty></GrpHdr><RmtInf><RmtId>ADV-1</RmtId>
<Ustrd>two invoices</Ustrd><Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>INV-1001</Nb><RltdDt>2027-01-15</RltdDt>
</RfrdDocInf><RfrdDocAmt><DuePyblAmt Ccy="EUR">1190.00</DuePyblAmt><DscntApldAmt><Amt Ccy="EUR">23.80</Amt></DscntApldAmt>
<AdjstmntAmtAndRsn><Amt Ccy="EUR">66.20</Amt><CdtDbtInd>CRDT</CdtDbtInd><Rsn>DAMG</Rsn><AddtlInf>two broken</AddtlInf></AdjstmntAmtAndRsn>
<RmtdAmt Ccy="EUR">1100.00</RmtdAmt></RfrdDocAmt></Strd><Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CREN</Cd></CdOrPrtry></Tp><Nb>CM-9</Nb>
</RfrdDocInf><RfrdDocAmt><CdtNoteAmt Ccy="EUR">100.00</CdtNoteAmt></RfrdDocAmt></Strd>
<OrgnlPmtInf><Refs><EndToEndId>E2E-7</EndToEndId></Refs>
<Amt><InstdAmt Ccy="EUR">1000.00</InstdAmt></Amt><ReqdExctnDt><Dt>2027-02-20</Dt></ReqdExctnDt><Dbtr><Nm>ACME GmbH</Nm></Dbtr>
<DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct></OrgnlPmtInf></RmtInf></RmtAdvc></Document>
"""


def nacha(*entries: tuple[str, int, str], kind: str = "CTX", newline: str = "\n") -> str:
    """A file of one batch: entries of transaction code, cents and payment information, which is cut into addenda of 80."""
    records = [
        f"{'101 123456789 0210000212702191015A094101SELLER BANK            ACME BANK':94}",
        f"5220{'ACME CORP':16}{'':20}{'1234567890':10}{kind}{'VENDOR PAY':10}270219270222   1021000020000001",
    ]
    for number, (code, cents, information) in enumerate(entries, start=1):
        trace = f"02100002{number:07d}"
        addenda = [information[at : at + 80] for at in range(0, len(information), 80)]
        name = f"{len(addenda):04d}{'SELLER INC':16}  " if kind == "CTX" else f"{'SELLER INC':22}"
        records.append(f"6{code}012345678{'55501':17}{cents:010d}{'CUST-7':15}{name}  {1 if addenda else 0}{trace}")
        records += [f"705{part:80}{n:04d}{number:07d}" for n, part in enumerate(addenda, start=1)]
    count = len(records) - 2
    debits, credits = (sum(c for code, c, _ in entries if (code[1] in "1234") is is_credit) for is_credit in (False, True))
    records.append(f"8220{count:06d}{'0012345678'}{debits:012d}{credits:012d}{'1234567890':10}{'':25}021000020000001")
    records.append(f"9{1:06d}{1:06d}{count:08d}{'0012345678'}{debits:012d}{credits:012d}{'':39}")
    return newline.join(records) + newline


ALL = [X12.encode(), REMADV.encode(), REMT.encode(), nacha(("22", 248050, X12.replace("\n", ""))).encode()]
