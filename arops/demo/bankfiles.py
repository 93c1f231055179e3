"""The demo company's bank statements, written as banks write them: camt.053 for the euro account, BAI2 for the dollar accounts. Pure."""

from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

from arops.demo.plan import PlanCompany, PlanPayment
from arops.lib import money

_BAI = {"charge": "698", "return": "555", "lockbox": "115", "wire": "195"}
_ISO = {"charge": ("ACMT", "MDOP", "CHRG"), "return": ("PMNT", "RCDT", "RRTN")}
"""Type codes of what isn't an ordinary transfer, by the payment's kind."""


def statement(company: PlanCompany, payments: Sequence[PlanPayment], *, opening: int, day: date, number: int) -> tuple[str, bytes, int]:
    """One statement up to `day`: file name, content, closing balance (minor units). It foots, and chains when
    `opening` is the last closing.
    """
    closing = opening + sum(p.amount for p in payments)
    if company.country == "DE":
        return f"{company.code}-{day:%Y%m%d}.camt053.xml", _camt(company, payments, opening, closing, day, number), closing
    return f"{company.code}-{day:%Y%m%d}.bai2.txt", _bai2(company, payments, opening, closing, day, number), closing


def _camt(company: PlanCompany, payments: Sequence[PlanPayment], opening: int, closing: int, day: date, number: int) -> bytes:
    entries = "".join(_camt_entry(p, f"{number}-{n}") for n, p in enumerate(payments, 1))
    first = min((p.day for p in payments), default=day)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{company.code}-{number}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{company.code}-{day:%Y}-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{company.account}</IBAN></Id><Ccy>{company.currency}</Ccy></Acct>"
        f"{_camt_balance('OPBD', opening, company.currency, first)}{_camt_balance('CLBD', closing, company.currency, day)}{entries}"
        "</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def _camt_balance(code: str, amount: int, currency: str, day: date) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{money.to_text(abs(amount), currency)}</Amt>'
        f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _camt_entry(p: PlanPayment, reference: str) -> str:
    amount = f'<Amt Ccy="{p.currency}">{money.to_text(abs(p.amount), p.currency)}</Amt>'
    domain, family, sub_family = _ISO.get(p.kind, ("PMNT", "RCDT", "ESCT"))
    side, party = ("CRDT", "Dbtr") if p.amount > 0 else ("DBIT", "Cdtr")
    return (
        f"<Ntry>{amount}<CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{p.day}</Dt></BookgDt><ValDt><Dt>{p.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd>"
        f"<SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{p.reference or reference}</EndToEndId></Refs>{f'<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>'}"
        f"<RltdPties><{party}><Nm>{escape(p.payer)}</Nm></{party}><{party}Acct><Id><Othr><Id>{p.account}</Id></Othr></Id></{party}Acct></RltdPties>"
        f"<RmtInf><Ustrd>{escape(p.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _bai2(company: PlanCompany, payments: Sequence[PlanPayment], opening: int, closing: int, day: date, number: int) -> bytes:
    """BAI2: a group a banking day, amounts in cents, the payer and the text in 88 records, control totals over all amounts."""
    stamp, groups, running, control = f"{day:%y%m%d}", [], opening, 0
    for n, banking_day in enumerate(sorted({p.day for p in payments} | {day}), 1):
        of_day = [p for p in payments if p.day == banking_day]
        lines, total, running = _bai2_group(company, of_day, running, banking_day, number * 100 + n)
        groups += lines
        control += total
    head = f"01,121000248,{company.code},{stamp},2000,{number},,,2/"
    count = len({p.day for p in payments} | {day})
    assert running == closing
    return ("\n".join([head, *groups, f"99,{_signed(control)},{count},{len(groups) + 2}/"]) + "\n").encode()


def _bai2_group(company: PlanCompany, payments: Sequence[PlanPayment], opening: int, day: date, number: int) -> tuple[list[str], int, int]:
    """A group's records, its control total, and the closing balance."""
    closing = opening + sum(p.amount for p in payments)
    account = [f"03,{company.account},{company.currency},010,{_signed(opening)},,,015,{_signed(closing)},,/"]
    total = opening + closing + sum(abs(p.amount) for p in payments)
    for n, p in enumerate(payments, 1):
        account += _bai2_detail(p, f"{number:08d}{n:04d}")
    account.append(f"49,{_signed(total)},{len(account) + 1}/")
    head = f"02,{company.code},121000248,1,{day:%y%m%d},2000,{company.currency},2/"
    return [head, *account, f"98,{_signed(total)},1,{len(account) + 2}/"], total, closing


def _bai2_detail(p: PlanPayment, reference: str) -> list[str]:
    code = _BAI.get(p.kind, "142")
    said = {"698": "SERVICE CHARGE", "555": "DEPOSITED ITEM RETURNED", "115": "LOCKBOX DEPOSIT", "195": "WIRE IN"}.get(code, "ACH CREDIT")
    lines = [f"16,{code},{abs(p.amount)},Z,{reference},{p.reference},{said}"]
    lines += [f"88,ORIG CO NAME:{p.payer}"] if p.payer else []
    lines += [f"88,ORIG ACCOUNT:{p.account}"] if p.account else []
    return [*lines, f"88,{p.text}"] if p.text else lines


def _signed(amount: int) -> str:
    return f"{'-' if amount < 0 else '+'}{abs(amount)}"
