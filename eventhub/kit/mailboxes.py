"""Which addresses lead to one mailbox, and what is kept of one that must be known again without being kept."""

from eventhub.kit.tokens import digest


def one_mailbox(address: str) -> str:
    """What two addresses of one mailbox have in common: a tag after a plus sign leads to the same one."""
    local, _at, domain = address.partition("@")
    return f"{local.partition('+')[0]}@{domain}".lower()


def mailbox_digest(address: str) -> bytes:
    """By what a mailbox is known again, with or without a tag. Keyed: nobody tries addresses out on a stolen table."""
    return digest(f"mailbox\0{one_mailbox(address)}")
