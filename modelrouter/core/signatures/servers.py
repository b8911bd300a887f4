"""Servers on our own machines: Ollama, vLLM, llama.cpp, LM Studio, TGI's kin, SGLang, Triton."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.signatures.vendor import Vendor

OLLAMA = Vendor("ollama", ("ollama-cloud",), (
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("try pulling it first", "model * not found"), unless=("model_not_found",)),
    Rule("memory", Cause.OVERLOADED, Scope.DEPLOYMENT, text=("requires more system memory", "cuda out of memory", "out of memory")),
    Rule("no_tools", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, text=("does not support (tools|thinking|chat|generate|embeddings|images|vision|insert)",)),
    Rule("queue", Cause.OVERLOADED, Scope.DEPLOYMENT, text=("maximum pending requests exceeded", "server busy")),
    Rule("runner", Cause.OUTAGE, Scope.DEPLOYMENT, text=("llama runner process", "runner process has terminated", "model runner has unexpectedly stopped", "error loading model", "unable to load model")),
    Rule("cloud_limit", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("(weekly|hourly|session|usage) usage limit", "reached your * usage limit")),
))  # fmt: skip

VLLM = Vendor("vllm", ("sglang",), (
    Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("this model's maximum context length is", "longer than the (maximum model length|model's context length)", "max_model_len",
         "decoder prompt * longer than", "is longer than the model's context length")),
    Rule("tools_off", Cause.UNSUPPORTED_FEATURE, Scope.DEPLOYMENT, text=("enable-auto-tool-choice", "tool call parser", "tool-call-parser")),
    Rule("images_off", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, text=("is not a multimodal model", "at most 0 image")),
    Rule("engine_dead", Cause.OUTAGE, Scope.DEPLOYMENT, codes=("EngineDeadError", "AsyncEngineDeadError"), text=("enginecore encountered an issue", "background loop (has|is)", "scheduler hit an exception")),
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("the model * does not exist",)),
))  # fmt: skip

LLAMACPP = Vendor("llamacpp", ("llama.cpp", "llama-cpp", "llamacpp-python", "llamafile"), (
    Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, codes=("exceed_context_size_error",), text=("exceeds the available context size", "exceed context window of", "requested tokens * exceed context window")),
    Rule("loading", Cause.OVERLOADED, Scope.DEPLOYMENT, text=("loading model",), unless=("error loading model",)),
    # It answers 500 to a body that it cannot read.
    Rule("form", Cause.BAD_REQUEST, Scope.REQUEST, text=("json.exception.parse_error", "json.exception.type_error", "syntax error while parsing (object|value|array|string)"), unless=("(tool call|tool calls|function call|generated|output)",)),
    Rule("slots", Cause.OVERLOADED, Scope.DEPLOYMENT, text=("no slot available", "slot unavailable", "no slots")),
    Rule("feature", Cause.UNSUPPORTED_FEATURE, Scope.DEPLOYMENT, codes=("not_supported_error",), text=("this server does not support", "requires --jinja", "image input is not supported")),
))  # fmt: skip

LMSTUDIO = Vendor("lmstudio", ("lm-studio",), (
    Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("greater than the context length", "context length of only", "initial portion of the prompt")),
    Rule("none_loaded", Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT, text=("no models loaded", "model unloaded", "multiple models are loaded", "please load a model")),
    Rule("crashed", Cause.OUTAGE, Scope.DEPLOYMENT, text=("(model|engine|runtime|process) (has |)(crashed|exited)",)),
    Rule("load_failed", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("failed to load model", "error loading model")),
    # The template that the model came with is at fault, for each request alike.
    Rule("template", Cause.OUTAGE, Scope.MODEL, status=(0, 200, *range(500, 600)),
         text=("(issue|problem|error|failed|failure|bug) * (prompt|chat|jinja) template", "(prompt|chat|jinja) template * (issue|problem|error|failed|broken|invalid)")),
))  # fmt: skip

TRITON = Vendor("triton", ("tritonserver",), (
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("request for unknown model", "is not ready", "has no available versions"), unless=("the model is not ready",)),
    Rule("queue", Cause.OVERLOADED, Scope.DEPLOYMENT, text=("exceeds maximum queue size",)),
    Rule("late", Cause.TIMEOUT, Scope.DEPLOYMENT, text=("request timeout expired",)),
))  # fmt: skip

ALL = (OLLAMA, VLLM, LLAMACPP, LMSTUDIO, TRITON)
