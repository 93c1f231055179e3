"""What people type about documents: filters, keyed-in documents, lists to import (`documents`); memos, write-offs, refunds (`memos`)."""

from invoicing.forms.documents import (
    ConfirmForm,
    DayInput,
    DocumentForm,
    FilterForm,
    MappingForm,
    PlainNumber,
    UploadForm,
    blame,
)
from invoicing.forms.memos import BalanceForm, MemoForm, ReasonForm, RebillForm, ReverseForm, RuleForm

__all__ = [
    "BalanceForm", "ConfirmForm", "DayInput", "DocumentForm", "FilterForm", "MappingForm", "MemoForm", "PlainNumber", "ReasonForm",
    "RebillForm", "ReverseForm", "RuleForm", "UploadForm", "blame",
]  # fmt: skip
