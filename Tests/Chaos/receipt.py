"""What publishers are told of their messages."""


def check_stored(diary, settings, receipt, is_durable):
    """Who asks for the disk gets it where there is one; who does not is not told of it at first."""
    if settings.keeps_state and (is_durable or settings.is_durable):
        allowed = ("disk",)
    elif settings.keeps_state and receipt.get("duplicate"):
        allowed = ("memory", "disk")
    else:
        allowed = ("memory",)
    if receipt["stored"] not in allowed:
        diary.fail(f"not stored in {' or '.join(allowed)}: {receipt}")


def is_same_receipt(first, second):
    """Whether they are of one message; it may have come to the disk meanwhile."""
    if (first["stored"], second["stored"]) == ("disk", "memory"):
        return False
    return all(first[name] == second[name] for name in first.keys() - {"duplicate", "stored"})
