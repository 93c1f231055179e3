"""Keys from the command line."""

import io

import pytest
from django.core.management import CommandError, call_command

from org.models import ApiKey
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


def run(*args):
    out = io.StringIO()
    call_command("create_api_key", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_a_key_is_printed_once_and_kept_as_a_hash(us):
    secret = run("--name", "SAP", "--scopes", "all", "--company", "US01", "--source", "sap")
    key = ApiKey.objects.get()
    assert secret.startswith("ar_live_") and secret not in str(vars(key)) and key.source_system == "sap"
    assert Caller(secret).get("/companies").json()["data"][0]["code"] == "US01"
    assert run("--name", "Test", "--scopes", "invoices:write,customers:read", "--test", "--days", "1").startswith("ar_test_")


def test_what_makes_no_key(us):
    for args in (["--scopes", "everything"], ["--scopes", "all", "--company", "XX"], ["--scopes", ","]):
        with pytest.raises(CommandError):
            run("--name", "N", *args)
    assert not ApiKey.objects.exists()
