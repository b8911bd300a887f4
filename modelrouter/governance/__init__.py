"""What registers, catalogues and auditors want to read, written from the inventory. Pure: values in, text out."""
