"""`tabard partner`: accounts that may ask others for permissions for a while, which AWS takes on by hand.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation-partner-guide.html
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabard.cli.account import ask
from tabard.cli.errors import CommandError
from tabard.cli.places import default_data

if TYPE_CHECKING:
    import argparse


def partner(options: argparse.Namespace) -> int:
    """Make an account a partner with its templates, or take what a partner has to be told. Prints JSON."""
    data = options.data or default_data()
    if options.partner_command == "notices":
        told: Any = ask(data, {"do": "take-notices", "account": options.id})["notices"]
    else:
        templates = _templates(options.template, options.boundary)
        asked = {
            "do": "register-partner",
            "account": options.id,
            "name": options.name,
            "templates": templates,
        }
        told = ask(data, asked)
    json.dump(told, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


def _templates(files: list[str], boundaries: list[str]) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    for text in files:
        name, _, file = text.partition("=")
        if not name or not file:
            raise CommandError(f"'{text}' is no template: say NAME=FILE.")
        made[name] = {"policy": Path(file).read_text(), "boundaries": []}
    for text in boundaries:
        name, _, arn = text.partition("=")
        if name not in made or not arn:
            raise CommandError(f"'{text}' is no boundary of a template: say NAME=ARN.")
        made[name]["boundaries"].append(arn)
    return made
