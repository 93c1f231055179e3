"""What a bank's file says of documents is kept whole beside its receipt, and the engine hears why something was held back."""

import pytest

from cashapp.models import DeductionCode
from cashapp.readers import camt_remittance
from cashapp.readers.camt import parse
from cashapp.selectors.engine_input import engine_receipts
from cashapp.services.statements import _part
from tests.cashapp.desk import acme, bank
from tests.cashapp.worlds import money_in

__all__ = ["acme", "bank"]
STRD = b"""<TxDtls><RmtInf><Strd><RfrdDocInf><Nb>INV-1</Nb><RltdDt>2027-01-15</RltdDt></RfrdDocInf><RfrdDocAmt>
<DuePyblAmt Ccy="EUR">100.00</DuePyblAmt><AdjstmntAmtAndRsn><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Rsn>DMG</Rsn>
</AdjstmntAmtAndRsn>
<RmtdAmt Ccy="EUR">90.00</RmtdAmt></RfrdDocAmt><AddtlRmtInf>two broken</AddtlRmtInf></Strd></RmtInf></TxDtls>"""


@pytest.mark.django_db
def test_a_reason_in_a_camt_file_reaches_the_engine_as_ours(bank, acme):
    (ref,) = camt_remittance.references(parse(STRD), "EUR")
    kept = _part(ref)
    assert kept == {
        "number": "INV-1", "amount": 90_00, "discount": None, "kind": "invoice", "gross": 100_00, "adjustment": -10_00, "code": "DMG",
        "text": "of 2027-01-15; two broken",
    }  # fmt: skip
    receipt = money_in(bank, 90_00, acme)
    receipt.structured = [kept]
    assert engine_receipts([receipt])[0].structured[0].reason == ""
    DeductionCode.objects.create(company=bank.company, code="DMG", reason="damaged", changed_by="user:1")
    assert engine_receipts([receipt])[0].structured[0].reason == "damaged"
