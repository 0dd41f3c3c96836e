"""The fixtures in the hands of somebody who has Node and no Python: every body is posted, every answer compared."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mock_server import MockServer, Settings, fixtures
from mock_server.fixture_files.folder import write_folder
from tests.documents import ROOT

SCRIPT = ROOT / "examples" / "fixtures" / "post_requests.mjs"
MODES = sorted({each.mode for each in fixtures("requests") if each.mode})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `minimax-mock fixtures` writes it."""
    target = tmp_path_factory.mktemp("fixtures")
    write_folder(target)
    return target


def post(written: Path, mode: str, *, served: str) -> subprocess.CompletedProcess[str]:
    """What the script says of the bodies of a mode, posted to a mock that serves one."""
    node = shutil.which("node")
    assert node, "node is missing: run `make test`, which installs it, or apt-get install nodejs npm"
    with MockServer(Settings(port=0, modes=(served,), scenario="challenge-skipped")) as mock:
        return subprocess.run(
            [node, str(SCRIPT), str(written), mode], capture_output=True, text=True, timeout=60, check=False,
            env={"MINIMAX_BASE_URL": mock.url, "MINIMAX_API_KEY": "sk-node", "PATH": ""},
        )  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_every_body_of_a_mode_is_answered_as_the_index_says(written: Path, mode: str) -> None:
    """Code and text, read from the index alone."""
    count = len(fixtures("requests", mode=mode))  # type: ignore[arg-type]
    done = post(written, mode, served=mode)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{count} of {count} as expected\n", "")


def test_the_script_notices(written: Path, tmp_path: Path) -> None:
    """A body that was changed on the way is named, and so is an answer that is not the expected one."""
    damaged = Path(shutil.copytree(written, tmp_path / "damaged"))
    (damaged / "requests" / "image-to-video" / "valid" / "duration__6.json").write_text("{}")
    done = post(damaged, "image-to-video", served="image-to-video")
    assert done.returncode == 1
    assert "duration__6.json: another file\n" in done.stdout
    assert "duration__6.json: 2013 invalid params, binding" in done.stdout
