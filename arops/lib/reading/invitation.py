"""Invitations in mails (iCalendar, RFC 5545): what for, when and where, in words. Pure."""

import re

_LINE = re.compile(r"^(SUMMARY|DTSTART|LOCATION|METHOD)(?:;[^:\n]{0,200})?:(.{0,300})$", re.MULTILINE)
_START = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2}))?")
_METHODS = {"CANCEL": "Meeting called off", "REPLY": "Answer to an invitation"}


def words_of(calendar: str) -> str:
    """The first event in one line, such as `Invitation: Account review, 2027-03-02 14:00, Room 4`; empty where there is none."""
    unfolded = re.sub(r"\n[ \t]", "", calendar[:20_000])
    method = re.search(r"^METHOD:(\w+)", unfolded, re.MULTILINE)
    _, begins, event = unfolded.partition("BEGIN:VEVENT")
    if not begins:
        return ""
    said: dict[str, str] = {}
    for name, value in _LINE.findall(event):
        said.setdefault(name, value.strip().replace("\\,", ",").replace("\\;", ";").replace("\\n", " "))
    told = [said.get("SUMMARY", ""), _moment(said.get("DTSTART", "")), said.get("LOCATION", "")]
    return f"{_METHODS.get(method[1].upper() if method else '', 'Invitation')}: {', '.join(filter(None, told))}"


def _moment(text: str) -> str:
    found = _START.match(text)
    if not found:
        return ""
    day = f"{found[1]}-{found[2]}-{found[3]}"
    return f"{day} {found[4]}:{found[5]}{' UTC' if text.endswith('Z') else ''}" if found[4] else day
