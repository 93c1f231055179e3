"""What payers are known by, learnt from people's postings and forgotten when they are taken back."""

from cashapp.engine.payers import plain_account, plain_name
from cashapp.models import PayerAccountChange, PayerAlias, Receipt
from cashapp.services.account_raising import raise_changes
from customers.models import Customer
from org.actors import Actor


def learn_payer(receipt: Receipt, customer_id: int, *, actor: Actor) -> None:
    """Remember account and name under which the customer paid. Parts of a split payment teach nothing: its payer stands for several.

    An account beside others that are known is not learnt by the way: it is raised, for somebody to ask the customer.
    """
    if receipt.split_from_id or receipt.parts.filter(joined_back=False).exists():
        return
    found = {PayerAlias.Kind.ACCOUNT: plain_account(receipt.payer_account), PayerAlias.Kind.NAME: plain_name(receipt.payer_name)}
    own = plain_name(Customer.objects.values_list("name", flat=True).get(pk=customer_id))
    wanted = {kind: value[:200] for kind, value in found.items() if value and value != own}
    if PayerAlias.Kind.ACCOUNT in wanted and _is_another(receipt, customer_id, wanted[PayerAlias.Kind.ACCOUNT]):
        del wanted[PayerAlias.Kind.ACCOUNT]
        raise_changes(actor, receipt.company_id, [(receipt, customer_id)])
    if not wanted:
        return
    PayerAlias.objects.bulk_create(
        [
            PayerAlias(
                company_id=receipt.company_id, customer_id=customer_id, kind=k, value=v, learned_from=receipt, created_by=actor.label
            )
            for k, v in wanted.items()
        ],
        ignore_conflicts=True,
    )
    forgotten = PayerAlias.objects.filter(company=receipt.company_id, customer=customer_id, is_active=False, value__in=wanted.values())
    forgotten.update(is_active=True, learned_from=receipt)


def _is_another(receipt: Receipt, customer_id: int, account: str) -> bool:
    """Whether the customer has accounts and this is none of them, or one that was marked as suspicious."""
    own = PayerAlias.objects.filter(company=receipt.company_id, customer=customer_id, kind=PayerAlias.Kind.ACCOUNT, is_active=True)
    known = set(own.values_list("value", flat=True))
    if account in known:
        return False
    suspects = PayerAccountChange.objects.filter(customer=customer_id, account=account[:80], state=PayerAccountChange.State.SUSPICIOUS)
    return bool(known) or suspects.exists()


def forget_payer(receipt: Receipt) -> None:
    """What this receipt taught was wrong."""
    PayerAlias.objects.filter(learned_from=receipt).update(is_active=False)
