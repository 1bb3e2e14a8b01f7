"""What recognition knows and decides: `recognitions`, `badges`, `awards`, `choices`, `credentials`."""
