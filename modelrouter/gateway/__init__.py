"""The HTTP door: any client in any language, by base URL alone."""
