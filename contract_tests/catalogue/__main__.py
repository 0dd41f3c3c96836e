"""Writes the catalogue as JSON anew: `python -m contract_tests.catalogue`."""

from contract_tests.catalogue import JSON_FILE, as_text

JSON_FILE.write_text(as_text(), encoding="utf-8")
