"""Pass codes: each lets one person in.

A code has 60 random bits, as twelve digits and letters of Crockford's base 32. No letter of it is
mistaken for a digit. A list of people keeps only the hash of a code.

A fast hash is enough. A slow one protects passwords, because people choose likely ones, and an
attacker with a stolen list tries these first. No code is likelier than another. At 10**10 hashes a
second, a search for the code of one person takes two years on average, and a search for any code of
40 people a month. So a list is kept private, and after a theft the codes are renewed. A client that
guesses codes is slowed down by the server, and with a slow hash it would stop the reactor.
"""

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import randbelow, token_bytes

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U."""

CODE_LENGTH = 12
"""Characters of a code, five random bits each."""

_GROUP = 4
_SALT_BYTES = _DIGEST_BYTES = 16
_HASH = re.compile(r"b2:([0-9a-f]{32}):([0-9a-f]{32})")
_CODE = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")
_AS_READ = str.maketrans(ALPHABET.lower() + "oOiIlL", ALPHABET + "001111")
"""The character of a code for each one typed in its place."""

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
"""Blanks, and the hyphens and dashes that phones and word processors put for a hyphen."""


def new_code() -> str:
    """Make a code, in groups: ``K7QM-2X9T-P4HC``."""
    characters = "".join(ALPHABET[randbelow(len(ALPHABET))] for _ in range(CODE_LENGTH))
    return "-".join(characters[at : at + _GROUP] for at in range(0, CODE_LENGTH, _GROUP))


def read_code(text: str) -> str | None:
    """Read a code as people type it: also in small letters, with blanks and hyphens anywhere, with
    O for 0, and with I or L for 1.

    :return: the twelve characters, in capitals; None if ``text`` is no code.
    """
    characters = _BETWEEN.sub("", text).translate(_AS_READ)
    return characters if _CODE.fullmatch(characters) else None


def new_salt() -> bytes:
    """Make the salt of a list of people."""
    return token_bytes(_SALT_BYTES)


@dataclass(frozen=True, slots=True)
class HashedCode:
    """A code, hashed with the salt of its list. ``str()`` is the cell of the list.

    All codes of a list have one salt, so that a code is found by one hash, not by one a person.

    :param salt: the key of the hash.
    """

    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, code: str, salt: bytes) -> "HashedCode":
        """Hash a code.

        :param code: as :func:`read_code` or :func:`new_code` returns it.
        """
        characters = code.replace("-", "").encode("ascii")
        return cls(salt, blake2b(characters, key=salt, digest_size=_DIGEST_BYTES).digest())

    @classmethod
    def parse(cls, cell: str) -> "HashedCode":
        """Read the cell of a list.

        :raises ValueError: if it is none.
        """
        found = _HASH.fullmatch(cell)
        if found is None:
            raise ValueError("no hash of a pass code")
        return cls(*map(bytes.fromhex, found.groups()))

    def __str__(self) -> str:
        return f"b2:{self.salt.hex()}:{self.digest.hex()}"
