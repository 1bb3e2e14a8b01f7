"""What notifications knows and how it decides: `messages`, their `texts`, people's `preferences`."""
