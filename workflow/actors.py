"""Whoever comes by a link to a task, without an account."""

from dataclasses import dataclass

from org.actors import Reach


@dataclass(frozen=True, slots=True)
class LinkActor:
    """The holder of a link: answers its one task, and sees nothing else of anything. `email` is whom the link was given to."""

    link_id: int
    task_id: int
    company_id: int
    email: str

    @property
    def label(self) -> str:
        """`link:` and the key of the link, which knows the e-mail address."""
        return f"link:{self.link_id}"

    def can(self, permission: str, company_id: int | None = None) -> bool:
        """Only `tasks.answer`; which task, `Task.objects.visible_to` says."""
        return permission == "tasks.answer" and company_id in (None, self.company_id)

    def reach(self, permission: str | None = None) -> Reach:
        """No company: what isn't told of links shows nothing."""
        return Reach()
