"""OpenAI's embeddings: texts in, vectors out. Bodies never leave this wire: vectors of two models say nothing to each other."""
