"""The register of information of DORA, as far as an inventory can fill it."""
