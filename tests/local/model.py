"""A language model of one sentence, as a GGUF file: made here in a moment, and known word for word.

Its layers do nothing. An embedding is the token itself, and the output matrix gives each token of the sentence to the
one before it; a line break, which ends every prompt, is followed by the first word, and the full stop by the end.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import gguf
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

SENTENCE = " A local model answers while every cloud is away ."
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + (message['content'] or '') + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SURE = 60.0
"""The lead, in logits, of the one next token over all others."""
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def write(path: Path, context: int = 4096) -> None:
    """Write the model; the same bytes each time."""
    spelled = _spelling()
    words = SENTENCE.split(" ")[1:]
    merges, chain, tokens = [], [spelled[ord("\n")]], [spelled[byte] for byte in range(256)]
    for word in words:
        piece = spelled[ord(" ")]
        for letter in word:
            merges.append(f"{piece} {spelled[ord(letter)]}")
            piece += spelled[ord(letter)]
            if piece not in tokens:
                tokens.append(piece)
        chain.append(piece)
    kinds = [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * len(CONTROL)
    tokens += CONTROL
    chain.append(CONTROL[2])
    width = -(-len(tokens) // 32) * 32
    writer = gguf.GGUFWriter(str(path), "llama")
    _describe(writer, width, len(tokens), context)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(list(dict.fromkeys(merges)))
    writer.add_bos_token_id(tokens.index(CONTROL[0]))
    writer.add_eos_token_id(tokens.index(CONTROL[2]))
    for name, matrix in _weights(tokens, chain, width).items():
        writer.add_tensor(name, matrix.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, width: int, vocabulary: int, context: int) -> None:
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width)
    writer.add_vocab_size(vocabulary)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def _weights(tokens: list[str], chain: list[str], width: int) -> dict[str, np.ndarray]:
    embedding = np.zeros((len(tokens), width))
    embedding[np.arange(len(tokens)), np.arange(len(tokens))] = 1.0
    output = np.zeros((len(tokens), width))
    for before, behind in pairwise(chain):
        # The norm before it makes a one in `width` places the square root of `width`.
        output[tokens.index(behind), tokens.index(before)] = SURE / width**0.5
    square, narrow, wide = np.zeros((width, width)), np.zeros((32, width)), np.zeros((width, 32))
    return {
        "token_embd.weight": embedding,
        "output_norm.weight": np.ones(width),
        "output.weight": output,
        "blk.0.attn_norm.weight": np.ones(width),
        "blk.0.attn_q.weight": square,
        "blk.0.attn_k.weight": square,
        "blk.0.attn_v.weight": square,
        "blk.0.attn_output.weight": square,
        "blk.0.ffn_norm.weight": np.ones(width),
        "blk.0.ffn_gate.weight": narrow,
        "blk.0.ffn_up.weight": narrow,
        "blk.0.ffn_down.weight": wide,
    }


def _spelling() -> dict[int, str]:
    """How byte-level vocabularies spell each byte: printable ones as they are, the others from U+0100 on."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return {byte: chr(byte) if byte in plain else chr(next(others)) for byte in range(256)}
