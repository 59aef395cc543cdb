"""What the server answered, as the type it must have: redis-py names every answer as bytes or text."""


def to_text(answer: object) -> str:
    """Return a text answer; raises TypeError for anything else."""
    return to_bytes(answer).decode()


def to_bytes(answer: object) -> bytes:
    """Return an answer as bytes; raises TypeError for anything else."""
    if isinstance(answer, bytes):
        return answer
    msg = f"the server answered {type(answer).__name__} where text belongs"
    raise TypeError(msg)
