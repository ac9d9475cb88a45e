"""A password that is recognised wherever a part of it comes out, however it was quoted on its way."""

import re

PASSWORD = "Siskin1%40Linnet2/Bulbul3@Canary4:Dunlin5?Plover6=%(Turnstone7)s#Godwit8'\"\\Whimbrel9"
"""Whatever has to be quoted in a URL, in a config file, in a driver's options, by repr or by logging stands between two
birds, so that no way of quoting or cutting it leaves none of them whole."""

_BIRDS = re.findall(r"[A-Z][a-z]+[0-9]", PASSWORD)


def birds_in(text: str) -> list[str]:
    """What of the password is in the text; host names are in lower case."""
    return [bird for bird in _BIRDS if bird.lower() in text.lower()]
