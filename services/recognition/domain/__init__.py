"""What recognition knows and decides: `recognitions`."""
