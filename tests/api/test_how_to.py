"""The examples of the README and of docs/how-to/connect-an-erp.md do what is said of them, on a running server."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from customers.models import Customer
from invoicing.models import Invoice
from ledger.verify import verify_books
from tests.api.conftest import caller
from tests.factories import DAY, make_company

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ROOT / "docs" / "how-to" / "connect-an-erp.md", ROOT / "README.md"
pytestmark = pytest.mark.django_db(transaction=True)


def example(language, page=PAGE):
    (found,) = re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.S)
    return found


@pytest.fixture
def environment(live_server):
    make_company("US01", months=72)
    secret = caller().headers["Authorization"].split()[1]
    return {"AROPS_URL": live_server.url, "AROPS_KEY": secret, "PATH": os.environ["PATH"]}


@pytest.mark.parametrize(("page", "customers"), [(PAGE, 100), (README, 1)], ids=["how-to", "readme"])
def test_a_thousand_invoices_are_pushed_and_once(environment, page, customers):
    command = [sys.executable, "-c", example("python", page)]
    runs = [subprocess.run(command, env=environment, capture_output=True, text=True) for _ in range(2)]
    assert [r.stderr for r in runs] == ["", ""]
    assert runs[0].stdout == runs[1].stdout == example("text", page)
    assert (Customer.objects.count(), Invoice.objects.count()) == (customers, 1000)
    assert not verify_books(DAY)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
def test_one_invoice_by_curl(environment):
    runs = [subprocess.run(["bash", "-ec", example("bash")], env=environment, capture_output=True, text=True) for _ in range(2)]
    assert [r.returncode for r in runs] == [0, 0], runs[0].stdout + runs[0].stderr
    assert Invoice.objects.get().total == 324_75
