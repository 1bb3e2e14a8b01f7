"""The services, one package each, beside `kernel` (shared machinery) and `pb` (generated contracts)."""
