"""Generic wordings of load, outages, time and the network."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule

BUSY = (
    "(overloaded|overload|overloading)",
    "(at|no|over|exceeded|insufficient|out of|limited|full|reached|available|low) (maximum |max |full |available |enough |its |current |)capacity",
    "capacity (constraints|constraint|exceeded|reached|limits|issue|issues|is|not available|unavailable|available)",
    "(high|heavy|peak|increased|unusual|excessive|spikes in|surge in) (demand|traffic|load|usage|volume|server load)",
    "(server|servers|service|system|engine|model|backend|cluster|we|is|are) (is |are |currently |temporarily |too |very |)(busy|saturated|congested)",
    "(isqueued|queuecount|queued|queue position)",
    "(queue|slots|slot|pool) * (full|available|exceeded|exhausted|limit)",
    "(model|server|weights) (is |are |still |currently |)(loading|warming up|starting|initializing|booting|cold starting)",
    "(loading model|model is loading|warming up|cold start|scaling up|scaled to zero|currently loading)",
    "(no|not enough|insufficient) (available |healthy |free |)(workers|replicas|instances|gpu|gpus|resources|resource|backends|slots|servers|upstream|machine|machines|compute)",
    "(temporarily|currently) * (overloaded|busy|at capacity|limited)",
    "(cuda |gpu |)out of memory",
    "requires more system memory",
    "(繁忙|过载|服务忙|拥挤|负载|高峰|排队|资源不足|系统忙|过多用户|忙碌|容量)",
    "(繁忙|過載|忙碌)",
    "(混雑|混み合って)",
    "(과부하|혼잡)",
    "(überlastet|ausgelastet)",
    "(surchargé|surchargés|saturé)",
    "(sobrecargado|saturado|sobrecarregado)",
    "(перегружен|перегружена|перегрузка)",
)

LATE = (
    "(timed out|timeout|timeouts|time out|timedout|deadline exceeded|deadline expired|took too long|time limit|readtimeout|connecttimeout)",
    "(did not|didn't|not) (respond|receive a response|complete|finish) (in|within)",
    "(stalled|no data received|idle) * (for|stream|after|seconds|timeout)",
    "(超时|逾時|タイムアウト|시간 초과|zeitüberschreitung|délai|tiempo de espera|таймаут)",
)

CUT = (
    "(econnrefused|econnreset|enotfound|eai again|etimedout|epipe|ehostunreach|enetunreach|econnaborted|enetdown|eproto|err network|epermission|eaddrnotavail)",
    "(connection|connect|socket|tunnel) (was |has been |is |attempt |forcibly |unexpectedly |)(refused|reset|aborted|closed|error|errors|failed|lost|dropped|terminated|broken|interrupted|disconnected|failure|hang up|ended)",
    "(connection|connect|socket|tunnel) to * (refused|reset|aborted|closed|failed|lost|dropped|terminated|broken|interrupted)",
    "(getaddrinfo|name resolution|nodename nor servname|name or service not known|no address associated|dns|resolve host|could not resolve hostname|could not resolve proxy|could not resolve name|unknown host|no such host|nxdomain|resolve address|lookup)",
    "(ssl|tls|certificate|cert|x509|self signed|wrong version number|unexpected eof|sslv3)",
    "(remote end closed|server disconnected|remote protocol|peer closed|connection closed|incomplete chunked|incompleteread|incomplete read|broken pipe|socket hang up|response ended prematurely|premature close|unexpected end of file|unexpected end of stream)",
    "resource temporarily unavailable",
    "os error",
    (
        "(failed to fetch|network error|network request failed|networkerror|network is unreachable|no route to host|host unreachable|unreachable|network connection|all connection attempts failed|cannot connect|can't connect|could not connect|"
        "unable to connect|failed to connect|connection attempts|max retries exceeded|error sending request|error decoding response body|connection error|connectionerror|transport error)"
    ),
    "(proxy error|proxyerror|cannot connect to proxy|proxy authentication|407 proxy|tunnel connection)",
    "(网络错误|网络异常|连接失败|连接超时|连接被|无法连接|网络连接)",
    "(網路錯誤|連線失敗)",
    "(ネットワークエラー|接続)",
    "(네트워크|연결)",
    "(verbindung|netzwerkfehler)",
    "(connexion|réseau)",
    "(conexión|conexão)",
    "(соединение|подключение|сеть)",
)

BROKEN_OFF = (
    "(stream|transport|channel|handshake) (was |has been |is |attempt |forcibly |unexpectedly |)(refused|reset|aborted|closed|error|errors|failed|lost|dropped|terminated|broken|interrupted|disconnected|failure|hang up|ended)",
    "(fetch failed|error reading|stream disconnected)",
    "(proxy|handshake)",
)
"""What clients say of any call that they could not finish, a refusal in the middle of a stream included."""

GONE = (
    "(request|operation|call|task|stream|context|generation|job) (was |has been |been |is |)(aborted|cancelled|canceled|interrupted by)",
    "(client|user|caller) (has |)(disconnected|closed|cancelled|canceled|aborted|closed request|interrupted|hung up)",
    "(context canceled|context cancelled|aborted by user|cancelled by user|canceled by user|cancelled by the user|this operation was aborted|signal is aborted|the user aborted)",
    "(请求已取消|已取消|用户取消)",
)

BROKEN = (
    "(internal|unexpected|unknown|unhandled|generic) (server |service |api |system |processing |network |)(error|failure|fault|exception|issue|problem)",
    "(bad gateway|service unavailable|gateway error|gateway time out|origin|web server is down|unknown error|host error|bad_gateway)",
    "(service|server|api|system|provider|backend|site|website|endpoint) (is |was |are |currently |temporarily |has |)(currently |temporarily |)(unavailable|down|offline|out of service|not available|unreachable|failing|maintenance|disrupted)",
    "(temporarily|currently) (unavailable|down|offline|out of service|not available|disabled|suspended)",
    "(server|service|backend|model|engine) (had|encountered|returned|experienced|hit|has) (an |)(error|internal|unexpected|issue|unknown|problem)",
    "(something went wrong|an error occurred|error occurred|encountered an error|went wrong|unable to process|failed to process|could not process|upstream error|inference error|crashed|scheduled maintenance|under maintenance|maintenance)",
    "(upstream|backend) (connect |request |service |server |)(error|failed|failure|unavailable)",
    "(stream|completion|generation|inference|worker|plugin|task|job|runner) * (got|hit|raised|threw|caught) an (error|exception)",
    "(error|failure|exception) (in|while|during|when) (processing|generating|handling|executing|serving|running) (the |your |this |a |)(query|request|prompt|response|answer|completion|message|generation|inference|stream)",
    "(object has no attribute|object is not subscriptable|object is not iterable|object is not callable|cannot read properties of|cannot read property|nil pointer|null pointer|null reference|index out of range|index out of bounds)",
    "(failed|unable|could not|cannot|can't|couldn't) (to |)(start|launch|spawn|initialize|initialise|restart) * (runner|server|engine|worker|backend|process|instance|container|model|llama|executor)",
    "(unhealthy|healthcheck|health check)",
    "unexpected end of (json|data|input)",
    "(empty|no|null|invalid|missing|malformed|unexpected|incomplete|truncated) (response|choices|output|completion|candidates|content|reply|answer|message)",
    "(response|stream|output|completion) (is |was |ended |)(empty|truncated|incomplete|without|none|null|cut off|invalid|missing)",
    "(without|before|no) (finish reason|finish_reason|receiving a|message stop|done|a finish|completion event|any content|terminal)",
    'choices":null',
    'choices": null',
    "choices': none",
    "choices=none",
    'choices":[]',
    'choices": []',
    "choices=[]",
    "expected array, received null",
    "try again later",
    "please try again",
    "(内部错误|服务器错误|系统错误|服务异常|服务不可用|系统异常|内部异常|服务内部|上游|维护|未知错误)",
    "(內部錯誤|伺服器錯誤)",
    "(内部エラー|サーバーエラー|メンテナンス)",
    "(서버 오류|내부 오류)",
    "(interner fehler|interner serverfehler|serverfehler)",
    "erreur (interne|serveur)",
    "error interno",
    "erro interno",
    "(внутренняя ошибка|ошибка сервера)",
)

UNREADABLE = (
    (
        "validation (error|errors) for (chatcompletion|chatcompletionchunk|chatcompletionresponse|chatcompletionstreamresponse|completion|completionresponse"
        "|completionstreamresponse|modelresponse|modelresponsestream|generatecontentresponse|embeddingresponse|message|response)"
    ),
    "cannot unmarshal * (go struct|go value)",
    "cannot deserialize (value|instance)",
    "json value could not be converted",
    "unexpected token * json",
    "(invalid|unexpected) character * looking for beginning of value",
    "(failed|unable|could not|couldn't|error) (to |)(parse|parsing|decode|decoding|deserialize|unmarshal) (the |)(response|answer|reply|stream|chunk|event|sse)",
)

VAGUE = frozenset({0, 200, 400, 408, 409, 424, *range(500, 600)})
"""Where words such as "error occurred" add to the status; beside any other the status knows better."""

CLIENTS = (
    Rule(
        "client_waited_too_long",
        Cause.TIMEOUT,
        Scope.DEPLOYMENT,
        codes=("ReadTimeout", "ConnectTimeout", "ReadTimeoutError", "ConnectTimeoutError", "APITimeoutError", "PoolTimeout", "WriteTimeout",
               "ServerTimeoutError", "SocketTimeoutError", "ConnectionTimeoutError", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT",
               "UND_ERR_CONNECT_TIMEOUT"),
    ),
    Rule(
        "client_got_no_answer",
        Cause.NETWORK,
        Scope.DEPLOYMENT,
        codes=("ClientConnectorError", "ServerDisconnectedError", "RemoteProtocolError", "ConnectionResetError", "ConnectionRefusedError", "SSLError",
               "SSLCertVerificationError", "ClientPayloadError", "ClientOSError", "ChunkedEncodingError", "NewConnectionError", "NameResolutionError",
               "gaierror", "IncompleteRead", "BrokenPipeError", "ClientConnectorDNSError", "ClientConnectorCertificateError", "EndpointConnectionError",
               "UND_ERR_SOCKET", "ERR_STREAM_PREMATURE_CLOSE", "CLOSE_ERROR", "ERR_NETWORK", "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
               "SELF_SIGNED_CERT_IN_CHAIN", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "ConnectionClosedError", "WebSocketClosedError"),
    ),
)  # fmt: skip
"""What HTTP clients call it when no answer came: no provider had a say in these."""

RULES = (
    Rule(
        "cancelled",
        Cause.CANCELLED,
        Scope.REQUEST,
        codes=("CancelledError", "AbortError", "APIUserAbortError", "request_cancelled", "client_closed_request", "ERR_CANCELED", "request_canceled"),
        text=GONE,
        # A call that fails for want of a connection is then cancelled by its own client.
        unless=("(timeout|timed out)", "(caused by|getaddrinfo|enotfound|econnrefused|econnreset|ehostunreach|socket hang up)"),
    ),
    Rule(
        "overloaded",
        Cause.OVERLOADED,
        Scope.PROVIDER,
        codes=("overloaded_error", "engine_overloaded", "engine_overloaded_error", "server_overloaded", "ServerOverloaded", "ModelNotReadyException",
               "overloaded", "server_busy", "MODEL_CAPACITY_EXHAUSTED", "SlowDown", "capacity_exceeded", "no_capacity", "service_busy",
               "model_overloaded", "ServiceBusy", "model_loading", "slow_down", "server_is_overloaded"),
        text=BUSY,
        unless=("(temporarily rate limited|service tier capacity)", "请求过于频繁", "(no healthy upstream|error loading model|resource package)"),
    ),
    Rule(
        "timeout",
        Cause.TIMEOUT,
        Scope.DEPLOYMENT,
        codes=("DEADLINE_EXCEEDED", "timeout_error", "TimeoutError", "TimeoutException", "ModelTimeoutException", "request_timeout", "GatewayTimeout",
               "RequestTimeout", "inference_timeout", "upstream_timeout", "gateway_timeout"),
        text=LATE,
    ),
    # Comments keep the line open, the answer never comes.
    Rule("only_signs_of_life", Cause.TIMEOUT, Scope.PROVIDER, text=("keep alive",), status=(0, 200)),
    Rule(
        "network",
        Cause.NETWORK,
        Scope.DEPLOYMENT,
        codes=("ConnectError", "ConnectionError", "ReadError", "WriteError", "MaxRetryError", "ProtocolError",
               "ClientConnectionError", "ServerConnectionError"),
        text=CUT,
        unless=("upstream connect error",),
    ),
    Rule("network_class", Cause.NETWORK, Scope.DEPLOYMENT, codes=("APIConnectionError",), text=BROKEN_OFF, vague=True),
    # The reader of an answer complains of its form: what came was no answer.
    Rule("unreadable_answer", Cause.OUTAGE, Scope.DEPLOYMENT, text=UNREADABLE, status=(0, 200, *range(500, 600))),
    Rule(
        "broken",
        Cause.OUTAGE,
        Scope.DEPLOYMENT,
        codes=("InternalServerError", "InternalServerException", "internal_error", "server_error", "api_error", "ServiceUnavailableException",
               "service_unavailable", "INTERNAL_SERVER_ERROR", "bad_gateway", "ModelErrorException", "InternalFailure", "internal_server_error",
               "upstream_error", "InternalServiceError", "InternalError", "BackendError", "bad_response_status_code", "do_request_failed",
               "ServiceUnavailableError", "ModelStreamErrorException", "JSONDecodeError", "service_unavailable_error", "server_unavailable",
               "AttributeError", "KeyError", "IndexError", "AssertionError", "NullPointerException", "NullReferenceException"),
        text=BROKEN,
        status=VAGUE,
        # Clients and vendors wrap what is wrong with a call in words of failure.
        unless=("(validationexception|algo.invalidparameter)",),
        vague=True,
    ),
)  # fmt: skip
