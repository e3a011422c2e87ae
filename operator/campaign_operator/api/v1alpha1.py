from enum import StrEnum


class StartMode(StrEnum):
    CONTACT_LOCAL = "ContactLocal"
    SAME_INSTANT = "SameInstant"
