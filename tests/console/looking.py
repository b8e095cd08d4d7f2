"""Looks at a page as it is: what axe finds in both themes and on a phone, and whether it is wider than a phone."""

from __future__ import annotations

import json
from typing import Any

from tests.support.server import ROOT

AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"

SETTLED_WIDTH = """async () => {
    const settled = () =>
        document.documentElement.scrollWidth <= 390 && !document.querySelector('nav[aria-orientation]');
    for (let tries = 0; tries < 40 && !settled(); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return document.documentElement.scrollWidth;
}"""
"""How wide a page is once its parts have taken to the new width."""


def violations(page: Any) -> list[str]:
    """What axe finds on a page, each with the first elements that it is about."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']} ({each['impact']}): {json.dumps([node['html'][:200] for node in each['nodes'][:2]])}"
        for each in found["violations"]
    ]


def wrong_with(page: Any) -> list[str]:
    """What is wrong with the page that is open: light and wide, then dark and on a phone. It is as before when this returns."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # colours on their way count for none
    found = [f"light: {each}" for each in violations(page)]
    size = page.viewport_size
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 844})
    width = page.evaluate(SETTLED_WIDTH)
    if width > 390:
        found.append(f"{width} pixels wide on a phone")
    found += [f"dark, on a phone: {each}" for each in violations(page)]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(size)
    return found
