"""The shop's page, from the catalogue's items."""

import html
import json
import sys
import urllib.request


def price(cents: int) -> str:
    """12345 -> 123.45"""
    return f"{cents // 100}.{cents % 100:02}"


def page(items: list[dict], release: str) -> str:
    """The whole page; names are escaped."""
    rows = "\n".join(f"<li>{html.escape(item['name'])}: {price(item['cents'])}</li>" for item in items)
    return f"<!doctype html>\n<title>shop {html.escape(release)}</title>\n<ul>\n{rows}\n</ul>"


if __name__ == "__main__":
    url, release = sys.argv[1:]
    with urllib.request.urlopen(url, timeout=5) as response:
        print(page(json.load(response), release))
