"""Feeds the loader bytes that atheris makes up: whatever they are, there are problems or a manifest, and no traceback.

Knows nothing of what is right. On request only: `pip install atheris`, then
`python tests/fuzz/manifest.py [-max_total_time=60] CORPUS`, where CORPUS may hold the wrong manifests of
`tests/golden/check`.
"""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

with atheris.instrument_imports():
    from udaemon.manifest.build import build
    from udaemon.manifest.complete import Setting
    from udaemon.manifest.document import parse
    from udaemon.manifest.dump import dump
    from udaemon.manifest.interpolate import interpolate
    from udaemon.manifest.locate import has_errors, locate
    from udaemon.manifest.problems import Finding
    from udaemon.manifest.report import as_json, as_text
    from udaemon.manifest.sarif import as_github, as_sarif

SETTING = Setting(file="/p/udaemon", directory="/p", environ={"HOME": "/h"})


def one(data: bytes) -> None:
    """Load one input as TOML and as YAML, and show what is wrong in every format."""
    text = data.decode(errors="replace")
    for toml in (True, False):
        document = parse("/p/udaemon", text, toml=toml)
        interpolate(document.data, {"A": "1"})
        findings: list[Finding] = []
        built = build([document], SETTING, lambda _file, _path: {}, findings, ())
        problems = locate(findings, [document], built.top)
        assert built.manifest is not None or has_errors(problems), "no manifest, and no reason why"
        for shown in (as_text(problems, {"/p/udaemon": text}, "/p"), as_github(problems, "/p")):
            assert shown.isprintable() or set(shown) - set("\n") <= {letter for letter in shown if letter.isprintable()}
        as_json(problems)
        as_sarif(problems, "/p")
        if built.manifest is not None and not has_errors(problems):
            dump(built.manifest)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
