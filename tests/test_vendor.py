"""The decoders that came from elsewhere: as their packages have them, and asking no other host for anything."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COPIES, PACKAGES = ROOT / "static/vendor", ROOT / "node_modules/zxing-wasm"


@pytest.mark.skipif(not shutil.which("node") or not PACKAGES.is_dir(), reason="needs Node and `npm ci`")
def test_what_is_committed_is_what_the_lock_file_names(tmp_path: Path) -> None:
    subprocess.run(["node", "bin/vendor.mjs", str(tmp_path)], cwd=ROOT, check=True, timeout=60)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in COPIES.iterdir()}


def test_the_lock_file_names_the_versions_that_are_committed() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    for file, package in (("qr.js", "qr"), ("zxing.js", "zxing-wasm")):
        version = re.search(rf"{package} ([\d.]+)", (COPIES / file).read_text()[:80])
        assert version
        assert re.search(rf'"node_modules/{package}": {{\s+"version": "{version[1]}"', lock)


def test_no_copy_names_another_host() -> None:
    """A144: left to itself the large decoder asks a public host for its module."""
    assert not [path.name for path in COPIES.glob("*.js") if "://" in path.read_text()]
