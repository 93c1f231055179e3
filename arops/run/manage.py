"""`python -m arops.run.manage COMMAND …`: manage.py on this installation, with its embedded servers and its secret.

Servers that don't run are started for the command and stopped after it.
"""

import subprocess
import sys

from arops.embedded import EmbeddedError, stop_postgres, stop_valkey
from arops.run import plan
from arops.run.__main__ import running


def main(arguments: list[str]) -> int:
    """Run one management command; its exit status."""
    var = plan.var_directory()
    var.mkdir(parents=True, exist_ok=True)
    supervised = running(var) is not None
    try:
        urls, guards = plan.servers(var)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        command = [sys.executable, str(plan.ROOT / "manage.py"), *arguments]
        return subprocess.run(command, env=plan.environment(var, urls), cwd=plan.ROOT, check=False).returncode
    finally:
        for guard in guards if not supervised else ():
            {"PostgreSQL": stop_postgres, "Valkey": stop_valkey}[guard.name](var)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
