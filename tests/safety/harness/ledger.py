"""What the safety tests counted, a line of JSON each, in the file UNIPIC_LEDGER names: the published table."""

import json
import os


def record(test: str, what: str, number: int, found: int, note: str = "") -> None:
    """`number` of `what` were tried by a test of docs/safety.md, and `found` of them went wrong."""
    if path := os.environ.get("UNIPIC_LEDGER"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test, "what": what, "number": number, "found": found, "note": note}) + "\n")
