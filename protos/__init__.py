"""The contracts, and how code and documents come from them."""
