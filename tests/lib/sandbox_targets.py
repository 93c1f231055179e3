"""Functions that misbehave, for the sandbox's tests."""

import os
import socket
import subprocess
import sys
import time
from typing import Any


def sleeps(payload: bytes) -> None:
    time.sleep(60)


def spins(payload: bytes) -> None:
    while True:
        pass


def swells(payload: bytes) -> int:
    return len(b"x" * (1 << 30))


def dies(payload: bytes) -> None:
    os.kill(os.getpid(), 11)


def exits(payload: bytes) -> None:
    os._exit(3)


def divides(payload: bytes) -> float:
    return 1 / len(payload)


def connects(payload: bytes) -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def writes(payload: bytes) -> None:
    with open(payload.decode(), "w") as file:
        file.write("harmed")


def starts_a_process(payload: bytes) -> None:
    subprocess.run(["true"], check=False)


def removes(payload: bytes) -> None:
    os.remove(payload.decode())


def surroundings(payload: bytes) -> dict[str, Any]:
    return {"environment": dict(os.environ), "django": "django" in sys.modules}


def prints(payload: bytes) -> int:
    print("noise")
    sys.stdout.flush()
    return len(payload)


def lies(payload: bytes) -> int:
    return "not a number"  # type: ignore[return-value]
