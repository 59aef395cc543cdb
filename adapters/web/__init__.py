"""What answers over HTTP: how we are, figures, and the door for pushed facts."""
