"""A mail's own words: without what it quotes, without signature and legal small print, in sentences.

What is quoted was said by somebody else, often by us: "please pay" in our own letter below an answer is no promise. Conventions of RFC
3676 (`> ` and `-- `) and of the programs that people write with, in English, German, French and Spanish.
"""

import re

MAX_TEXT, MAX_LINES, MAX_SENTENCES, MAX_SENTENCE = 20_000, 600, 200, 400
FEW = 40
"""Letters below which words above a mail that is passed on ("FYI", "see below") say nothing themselves."""
_WROTE = re.compile(
    r"^\W{0,3}(on\b.{4,200}\bwrote|am\b.{4,200}\bschrieb\b.{0,100}|le\b.{4,200}\ba [ée]crit|el\b.{4,200}\bescribi[óo]"
    r"|.{4,120}\b(wrote|schrieb|a [ée]crit|escribi[óo]))\s?:?\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"^\s*(-{2,}\s*(original message|urspr[üu]ngliche nachricht|message d'origine|mensaje original|forwarded message"
    r"|weitergeleitete nachricht|message transf[ée]r[ée]|mensaje reenviado)\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\W{0,3}(from|von|de|expéditeur|remitente)\s?:\s.{3,}", re.IGNORECASE)
_BLOCK = re.compile(
    r"^\W{0,3}(sent|date|to|subject|gesendet|datum|an|betreff|envoy[ée]|objet|à|enviado|fecha|para|asunto)\s?:", re.IGNORECASE
)
_SIGN_OFF = re.compile(
    r"^\W*((with )?(kind|best|warm|many)?\s?(regards|wishes)|sincerely( yours)?|yours (sincerely|faithfully|truly)"
    r"|(many )?thanks( and (best|kind) regards)?|thank you( and (best|kind) regards)?|cheers|best"
    r"|mit (freundlichen|besten|herzlichen) gr[üu](ß|ss)en|(beste|viele|freundliche|herzliche) gr[üu](ß|ss)e|mfg|vg|lg"
    r"|cordialement|bien (cordialement|à vous)|(meilleures|sincères) salutations|saludos( cordiales)?|(un cordial saludo|atentamente))\W*$",
    re.IGNORECASE,
)
_SMALL_PRINT = re.compile(
    r"^\W*(sent from my|von meinem .{1,20} gesendet|envoy[ée] de mon|enviado desde mi|get outlook for"
    r"|(this|the information in this) (e-?mail|message).{0,80}(confidential|intended)|confidentiality notice|disclaimer"
    r"|diese e-?mail.{0,60}vertraulich|ce (message|courriel).{0,80}confidentiel|este (mensaje|correo).{0,80}confidencial)",
    re.IGNORECASE,
)
_SALUTATION = re.compile(
    r"^\W*(dear|hello|hi|hey|good (morning|afternoon|day)|to whom|sehr geehrte|guten (morgen|tag)|hallo|liebe|bonjour|madame|monsieur|cher|"
    r"buenos|buenas|hola|estimad)[^.!?]{0,60}$",
    re.IGNORECASE,
)
_END = re.compile(r"(?<=[.!?])[\"')\]]?\s+(?=[\"'(¿¡]?[A-ZÀ-ÖØ-Þ0-9€$£])")
_GOES_ON = re.compile(
    r"(\b([0-9]{1,2}|no|nr|inv|approx|ca|z\. ?b|d\. ?h|e\.g|i\.e|dr|mr|mrs|ms|st|str|tel|bzw|inkl|incl|co|n°|núm|fac)\.)$", re.I
)


def own_words(text: str) -> str:
    """What the writer wrote, in lines; of a mail that only passes another on, what it passes on."""
    lines = text[:MAX_TEXT].replace("\r\n", "\n").replace("\u00a0", " ").split("\n")[:MAX_LINES]
    cut = next((n for n, line in enumerate(lines) if _begins_quote(lines, n)), len(lines))
    own = _without_signature(_unquoted(lines[:cut]))
    if _answers_inline(lines, cut):
        return "\n".join(own + _without_signature(_unquoted(_after_heading(lines, cut)))).strip()
    if _has_words(own) and not (_passes_on(lines, cut) and _letters(own) < FEW):
        return "\n".join(own).strip()
    return "\n".join(own + _without_signature(_unquoted(_forwarded(lines, cut)))).strip()


def before_quote(text: str) -> str:
    """What stands above everything that is quoted or passed on: of a mail whose quotes aren't for everybody."""
    lines = text[:MAX_TEXT].replace("\r\n", "\n").replace("\u00a0", " ").split("\n")[:MAX_LINES]
    cut = next((n for n, line in enumerate(lines) if _begins_quote(lines, n) or line.lstrip().startswith(">")), len(lines))
    return "\n".join(_without_signature(lines[:cut])).strip()


def sentences(words: str) -> list[str]:
    """The sentences of a text, each on one line, without salutations; at most so many and so long as people write."""
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*[-*•·]\s)", words):
        lines = [line.strip(" \t-*•·") for line in paragraph.split("\n")]
        joined = " ".join(line for line in lines if line and not _SALUTATION.match(line))
        found += _split(" ".join(joined.split()))
    return [one[:MAX_SENTENCE] for one in found if any(c.isalpha() for c in one)][:MAX_SENTENCES]


def _split(text: str) -> list[str]:
    parts: list[str] = []
    for piece in _END.split(text):
        if parts and _GOES_ON.search(parts[-1][-12:]):
            parts[-1] = f"{parts[-1]} {piece}"
        else:
            parts.append(piece)
    return [p for p in parts if p]


def _begins_quote(lines: list[str], n: int) -> bool:
    """Whether a mail that is answered, or passed on, begins at this line. Its heading may be broken over two lines."""
    line = lines[n]
    if _RULE.match(line):
        return True
    if _FROM.match(line):
        return any(_BLOCK.match(following) for following in lines[n + 1 : n + 4])
    if not line[:1].isalpha() or len(line) > 220:
        return False
    return bool(_WROTE.match(line.strip()) or (n + 1 < len(lines) and _WROTE.match(f"{line} {lines[n + 1]}".strip()[:300])))


def _answers_inline(lines: list[str], cut: int) -> bool:
    """Whether what is below the heading is marked line by line, and the writer put words of his own between."""
    below = _after_heading(lines, cut)
    return any(line.lstrip().startswith(">") for line in below) and _has_words(_without_signature(_unquoted(below)))


def _passes_on(lines: list[str], cut: int) -> bool:
    return cut < len(lines) and bool(_RULE.match(lines[cut]) or _FROM.match(lines[cut]))


def _letters(lines: list[str]) -> int:
    return sum(c.isalnum() for line in lines if not _SALUTATION.match(line) for c in line)


def _after_heading(lines: list[str], cut: int) -> list[str]:
    first = next((n for n in range(cut, len(lines)) if lines[n].lstrip().startswith(">")), len(lines))
    return lines[first:]


def _forwarded(lines: list[str], cut: int) -> list[str]:
    """The mail below, without the lines of its heading."""
    rest = lines[cut:]
    if rest and (_RULE.match(rest[0]) or _FROM.match(rest[0])):
        heading = next((n for n, line in enumerate(rest[1:], start=1) if not line.strip()), 0)
        rest = rest[heading:]
    elif rest:
        rest = rest[1:]
    return [line.lstrip("> ") for line in rest]


def _unquoted(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith(">")]


def _without_signature(lines: list[str]) -> list[str]:
    """Up to the sign-off, the signature's mark or the small print; a sign-off that opens the mail is none."""
    for n, line in enumerate(lines):
        if line.rstrip() == "--" or _SMALL_PRINT.match(line):
            return lines[:n]
        if _SIGN_OFF.match(line) and len(line) < 80 and _has_words(lines[:n]):
            return lines[:n]
    return lines


def _has_words(lines: list[str]) -> bool:
    """Whether there is more than a salutation."""
    return any(any(c.isalnum() for c in line) and not _SALUTATION.match(line) for line in lines)
