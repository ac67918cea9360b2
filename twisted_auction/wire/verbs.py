"""What clients and the operator say."""

import re

ROOM_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""What a room may be called."""

ROOM_NAMES = "1 to 32 letters, digits, hyphens and underscores"
"""The same, in words."""

ROOM_OPTION = "room="
"""What stands before the name of the room in an operator's order."""
