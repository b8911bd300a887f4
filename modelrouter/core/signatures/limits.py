"""Generic wordings of limits: rates, quotas and money, context, size."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule

FAST = (
    "(per|each|every|/) (minute|min|second|sec)",
    "(rpm|tpm|qps|rps|itpm|otpm|tps)",
    "(requests|tokens) (per|a) (minute|second|min|sec)",
    "(perminute|persecond|per_minute)",
    "每(分钟|秒)",
)

RATE = (
    "rate limit(s|ed|er|ing|)",
    "(ratelimit|ratelimits|ratelimited|ratelimiter|ratelimiting)",
    "too many (requests|concurrent|calls|connections|tokens)",
    "(throttled|throttling|throttle)",
    "(concurrency|concurrent|parallel) (request |requests |session |sessions |)(limit|limits|quota|exceeded|requests exceeded)",
    "(maximum|max) (number of |)(concurrent|parallel|simultaneous)",
    "(requests|request|calls|messages|tokens) (limit|rate) * (exceeded|reached|hit)",
    "(exceeded|exceeds|reached|hit|over) * (rate|concurrency|request) (limit|limits|quota)",
    "requests (are |were |is |)(too |sent too )(frequent|frequently|fast|quickly)",
    "too (frequent|frequently|fast|quickly)",
    "cooling down",
    "(account|accounts|key|keys|user|users|token|tokens|credential|credentials) (is |are )(all |currently |temporarily |now |)(rate |)limited",
    "(限流|频率|并发|速率|请求过快|请求过多|太频繁|过于频繁|请求频繁|操作频繁)",
    "(頻率|並發|速率限制|請求過多)",
    "(レート制限|リクエストが多すぎ)",
    "요청이 너무 많",
    "(zu viele anfragen|ratenbegrenzung)",
    "trop de (requêtes|demandes)",
    "demasiadas (solicitudes|peticiones)",
    "(muitas solicitações|muitas requisições)",
    "troppe richieste",
    "слишком много запросов",
)

MONEY = (
    (
        "(insufficient|not enough|no|low|negative|zero|inadequate) (account |credit |wallet |remaining |available |token |)"
        "(balance|credit|credits|funds|quota|fund|points|coins)"
    ),
    "(balance|credit|credits|funds|credit balance) (is |are |has been |have been |too |)(too low|insufficient|not enough|exhausted|depleted|low|exceeded|negative|used up)",
    (
        "(out of|run out of|ran out of|exhausted|used up|depleted|consumed|used all|no more|no remaining) (your |the |all |of |its |available |included |monthly |free |)"
        "(credit|credits|balance|funds|quota|quotas|allocation|allowance)"
    ),
    "(out of|ran out of|run out of|no more|used all) (credit|credits|balance|funds|quota|quotas|tokens|usage|messages)",
    "(credit|credits) (is |are |)(required|needed|necessary)",
    "(maximum|max) (billing|spend|budget|usage)",
    "payment (is |)(required|method|failed|overdue|declined)",
    "(billing|spend|spending|budget|cost|usage cap|hard|credit) (hard |soft |)(limit|limits|cap) * (reached|exceeded|hit|met)",
    (
        "(exceeded|exceeds|reached|hit|over|surpassed|crossed) * (billing|spend|spending|budget|usage|monthly|weekly|daily|credit|session|plan|subscription|included|"
        "5 hour|five hour|hourly) * (limit|limits|quota|cap|budget|allowance|usage)"
    ),
    (
        "(usage|monthly|weekly|daily|session|spend|spending|plan|subscription|5 hour|5h|hourly|free|trial) (usage |token |request |api |spend |tier |)(limit|limits|quota|quotas|cap|allowance|budget) "
        "* (reached|exceeded|hit|exhausted|used up|depleted)"
    ),
    "(usage|monthly|weekly|daily|5 hour|session) (limit|limits|quota) (reached|exceeded|hit|exhausted)",
    "(reached|hit|exceeded) your (specified |current |account's |)(api |)(usage|session|weekly|monthly|daily|spend) (limit|limits)",
    "regain access",
    "(exceeded|exceed|exceeds|reached|over|hit|exhausted|consumed) (your|the|its|my) (current |assigned |allocated |available |account |free |)(quota|quotas|allocation|allowance|budget)",
    "(quota|quotas|allocation|allowance|budget) (has been|have been|was|is|been|limit|usage|for|metric) * (exceeded|exhausted|reached|used up|insufficient|depleted|hit)",
    "(quota|quotas|allocation|allowance|budget) (exceeded|exhausted|reached|used up|insufficient|depleted|limit)",
    "(exceed|exceeds|exceeded) * (quota|budget)",
    "(quota|balance|credit|credits|budget|allowance) (is|are|was|remaining) * (not enough|insufficient|too low|zero|used up)",
    "(quota|balance|credit|credits) (is |are |)(not enough|not sufficient)",
    "(额度|余额)不足",
    "(预扣费|扣费失败|剩余额度|剩余配额|剩余积分)",
    "(plan and billing|billing details|purchase more|buy more|buy credits|add credits|add funds|top up|topup|recharge|upgrade your plan|purchase credits)",
    "(requests|tokens|messages|neurons) (per|a|each) (day|month|week)",
    "(rpd|tpd|perday|permonth)",
    (
        "(daily|monthly|weekly|yearly|annual|lifetime) (free |request |requests |token |tokens |transaction |transactions |call |calls |api |message |messages |character |characters |spend |credit |user |model |)"
        "(allocation|quota|quotas|limit|limits|allowance|usage|cap|budget)"
    ),
    "(free|trial) (tier|plan|credits|quota|usage|allocation) * (exceeded|exhausted|expired|ended|used|over|limit|reached|depleted)",
    "(余额|額度|额度|配额|资源包|套餐|积分|算力|流量包) * (不足|用尽|用完|耗尽|超限|超出|已满|用光|没有|上限|过期|到期)",
    "(充值|续费|付费|购买资源包|余额不足|额度不足|超出配额|超出额度)",
    "(クォータ|残高|クレジット)",
    "(할당량|잔액|크레딧)",
    "(kontingent|guthaben) * (überschritten|erschöpft|aufgebraucht|nicht)",
    "(quota|crédit|solde) * (dépassé|insuffisant|épuisé)",
    "(cuota|saldo|crédito) * (excedida|insuficiente|agotado|agotada)",
    "(cota|saldo|crédito) * (excedida|insuficiente|esgotado)",
    "(квота|баланс|средств|лимит) * (исчерпан|исчерпана|превышен|превышена|недостаточно)",
    "недостаточно средств",
)

TOO_LONG = (
    "context (length|window|size|limit|overflow|budget)",
    "(maximum|max|model's|total) (model |)context",
    "(prompt|input|inputs|message|messages|conversation|request|query|text|chat history) (is |are |was |token count |tokens |length |)(too long|too large for the model|longer than)",
    "(too many|maximum) (input |prompt |total |)tokens",
    "(input|prompt|total|requested) (token|tokens|length|token count) * (exceed|exceeds|exceeded|must be|should be|greater|larger|longer|over|limit|maximum)",
    "(exceed|exceeds|exceeded|exceeding) * (maximum|max|model|allowed|limit of|token) (input |prompt |sequence |number of |allowed |)(length|tokens|token|token limit|sequence)",
    "(exceed|exceeds|exceeded|exceeding) (the |)(available |)(context|model's context|token limit|maximum length|token length)",
    "(shorten|truncate|trim|compact) (your |the |this |)(prompt|input|inputs|message|messages|conversation|context|text|history|query|chat)",
    "(缩短|精简|截断|减少) * (输入|提示|对话|上下文|内容|文本)",
    "reduce (the |your |)(length|size of|number of|prompt|input|messages)",
    "(maximum|max) (input|sequence|prompt|model|position) (length|len|tokens|embeddings)",
    "max new tokens",
    "(length of prompt|prompt tokens|input tokens|prompt length) * (must be|less than|should be|maximum|exceeds)",
    "(longer|larger|greater|bigger) than (the |)(model's |maximum |)(context|maximum|max model len|n ctx)",
    "(n_ctx|num_ctx|max_model_len|max_seq_len|n_keep)",
    "range of input length",
    "(上下文|最大长度|输入长度|输入过长|长度超|超过最大|token数超|tokens超|超出最大|文本过长|内容过长)",
    "(上下文長度|輸入過長)",
    "コンテキスト(長|ウィンドウ)",
)

TOO_BIG = (
    "(request|payload|body|entity|content|file|image|attachment|upload|document) (entity |body |size |payload |content |)(is |was |)too (large|big)",
    "(request|payload|body|file|image|upload|document) (size|body|length) (exceeds|exceeded|is larger|limit|over)",
    "(exceeds|exceeded|larger than|over|maximum|limit of|max) * (mb|mib|megabytes|kb|gb|bytes)",
    "(maximum|allowed|max) (request|payload|body|message|file|image|upload) (body |)size",
    "maximum size",
    "(body|payload|entity) * (length|size) limit (exceeded|reached)",
    "too many images",
    "(请求体|文件|图片) * (过大|太大|超过|超出)",
)

RULES = (
    Rule(
        "context_overflow",
        Cause.CONTEXT_OVERFLOW,
        Scope.REQUEST,
        codes=("context_length_exceeded", "string_above_max_length", "ContextWindowExceededError", "exceed_context_size_error",
               "model_context_window_exceeded", "max_tokens_exceeded", "context_window_exceeded", "prompt_too_long"),
        text=TOO_LONG,
        unless=(*FAST, "(wait|rate limit|quota|throttl|per day)", *("too many tokens, please wait",)),
    ),
    Rule(
        "request_too_large",
        Cause.REQUEST_TOO_LARGE,
        Scope.REQUEST,
        codes=("request_too_large", "payload_too_large", "RequestEntityTooLarge", "content_too_large"),
        text=TOO_BIG,
        unless=("per (day|month)",),
    ),
    Rule(
        "rate_limited_by_the_minute",
        Cause.THROTTLED,
        Scope.ACCOUNT,
        text=FAST,
        also=("(limit|limits|limited|quota|exceeded|rate|too many|reached|requests|requested|tokens)", "(限|超|过)"),
        unless=("per (day|month|week)", "perday", "(daily|monthly|weekly)", "timeout", "timed out", "request too large for"),
    ),
    Rule(
        "out_of_quota",
        Cause.QUOTA_EXHAUSTED,
        Scope.ACCOUNT,
        codes=("insufficient_quota", "billing_hard_limit_reached", "quota_exceeded", "insufficient_balance", "insufficient_credits",
               "insufficient_funds", "payment_required", "credit_balance_too_low", "usage_limit_reached", "billing_error",
               "quota_exhausted", "usage_limit_exceeded", "insufficient_user_quota", "budget_exceeded", "BudgetExceededError",
               "credits_exhausted", "spend_limit_exceeded", "QuotaExceeded", "QuotaExceededError",
               "InsufficientQuotaError", "insufficient_credit", "out_of_credits", "balance_insufficient",
               "account_quota_exceeded", "AccountQuotaExceeded", "pre_consume_token_quota_failed", "access_terminated_quota"),
        text=MONEY,
        unless=("per (minute|second)", "request quota exceeded", "requests per base model", "billing not active"),
    ),
    # Class names follow the status, and many answer load with 429: words about the server go before them.
    Rule(
        "load_said_as_rate",
        Cause.OVERLOADED,
        Scope.PROVIDER,
        text=("(server|servers|engine|service|system|backend|model) (is |are )(currently |temporarily |now |still |)(overloaded|over capacity|at capacity)",),
    ),
    Rule("rate_limited", Cause.THROTTLED, Scope.ACCOUNT, text=RATE,
         unless=("per (day|month|week)", "perday", "86400s", "(daily|total|size) (request |)limit", "rate limit of 0", "request too large", "max size", "queue exceeded")),
    # What a 429 is called in codes: spent quotas and loaded servers answer so too.
    Rule(
        "rate_class",
        Cause.THROTTLED,
        Scope.ACCOUNT,
        codes=("rate_limit_exceeded", "rate_limit_error", "RateLimitError", "too_many_requests", "ThrottlingException", "rate_limited",
               "TooManyRequestsException", "rate_limit", "throttling", "throttled", "requests_limit_exceeded", "tokens_limit_exceeded",
               "rate_limit_reached", "RateLimitReached", "rate_limit_reached_error", "RequestLimitExceeded", "concurrency_limit"),
        text=(*RATE, "slow down", "访问量过大"),
        vague=True,
    ),
)  # fmt: skip
