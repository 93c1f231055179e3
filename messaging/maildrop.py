"""Where mail goes when no mail server is set: one file a message, which any mail program opens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend


class MailDrop(BaseEmailBackend):
    """Writes each message as `<Message-ID>.eml` below EMAIL_FILE_PATH; the same message again is the same file."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        """Write the messages; answers how many."""
        place = Path(settings.EMAIL_FILE_PATH)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)  # letters are nobody else's to read
        for mail in email_messages:
            message = mail.message()
            name = "".join(c for c in message["Message-ID"].strip("<>") if c.isalnum() or c in "@.-")
            (place / f"{name[:150]}.eml").write_bytes(message.as_bytes(linesep="\r\n"))
        return len(email_messages)
