"""schemathesis, which we did not write, reads the document of files and puts it to our server."""

from __future__ import annotations

import shutil
from pathlib import Path

from mock_server import Settings, create_app, resources
from tests.strangers.test_schemathesis import STRUCTURE, run, served


def test_structure(tmp_path: Path) -> None:
    """Whatever is sent, the answer has the documented status, type and schema."""
    copy = Path(shutil.copytree(resources.folder("openapi"), tmp_path / "openapi"))
    app = create_app(Settings(seed=1, journal_max=100, files_form="documented", upload_bytes=1_000_000))
    with served(app) as url:
        run(url, copy / "files.yaml", "--phases", "examples,coverage,fuzzing", "--mode", "all", "-n", "30",
            "--generation-deterministic", "--continue-on-failure", "--checks", STRUCTURE)  # fmt: skip
