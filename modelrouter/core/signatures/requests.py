"""Generic wordings of what is wrong with a call: its content, key, rights, model, features, form."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.kept import NOT_KEPT
from modelrouter.core.signatures.power import BY_ORDER
from modelrouter.core.signatures.rule import Rule

UNSAFE = (
    "content (filter|filtering|filters|policy|policies|management policy|moderation|violation|safety|exists risk|security|restriction)",
    "(responsible ai|responsibleaipolicyviolation)",
    "(safety|moderation) (system|filter|filters|setting|settings|policy|policies|check|checks|reasons|guidelines|violation|classifier)",
    "(blocked|rejected|flagged|refused|filtered) * (safety|policy|policies|guardrail|guardrails|moderation|filter|harmful|prohibited|sensitive|content)",
    "(inappropriate|sensitive|harmful|prohibited|unsafe|offensive|illegal|objectionable) (content|material|words|text|input|information)",
    "(flagged|detected) * (violating|violation|violate|harmful|sensitive|inappropriate|unsafe|risk)",
    "(violate|violates|violating|violated) * (usage policy|usage policies|content policy|policy|policies|guidelines)",
    "(data inspection|datainspection)",
    "(input|output|prompt) (data |text |image |)(may|might|could) contain",
    "(input|output) data (may|might)",
    "(high risk|risky|risk) (content|control)",
    "(input|output|prompt|response|request|query|image) * (sensitive|inappropriate|unsafe|moderated|blocked by|was filtered|flagged)",
    "guardrail(s|) (intervened|blocked|violation|violated|triggered)",
    "(recitation|copyrighted)",
    "(response|prompt|candidate|candidates|output|completion|answer|image) (was|were|is|has been|have been|got) (blocked|censored|withheld|suppressed)",
    "flagged (this|your|the) (message|request|prompt|conversation|content|input|image|query|question)",
    "(safety measures|safeguard|safeguards|safety classifier|safety classifiers|safety system|content filter) * (flagged|blocked|triggered|declined|refused|stopped)",
    "(安全策略|安全机制|安全系统|内容策略|审核系统) * (拦截|阻止|拒绝|屏蔽)",
    "(安全ポリシー|コンテンツポリシー|利用ポリシー|有害)",
    "(안전 정책|콘텐츠 정책|유해)",
    "(sicherheitsrichtlinien|inhaltsrichtlinien|inhaltsfilter|nutzungsrichtlinien)",
    "(politique|politiques|filtre|filtres) de (contenu|sécurité|modération)",
    "(política|políticas|filtro|filtros) de (contenido|contenidos|conteúdo|seguridad|segurança|moderación)",
    "(политика|политику|политики|политикой|фильтр|фильтром) * (контента|содержания|содержимого|безопасности)",
    "(request|prompt|input|message|content|query|image) (is|was|has been) (prohibited|disallowed|rejected|refused|denied|not allowed) (due to|because of|for) * (violation|violating|terms|policy)",
    "(safety ratings|prompt feedback|finish reason: safety)",
    "(敏感|不安全|违规内容|内容安全|安全审核|不合规|违反|涉黄|不当|审核不通过|审核未通过|风控|内容风险)",
    "(敏感內容|違規內容|不適當)",
    "(不適切な|コンテンツフィルター)",
)

BAD_KEY = (
    (
        "(invalid|incorrect|wrong|bad|missing|malformed|expired|unknown|unrecognized|revoked|no|unauthorized|illegal|undefined|disabled|inactive|empty|inexistent) "
        "(or missing |or expired |or incorrect |)(x |your |the |provided |openai |anthropic |google |http |user |bearer |access |auth |)"
        "(api key|apikey|api token|token|key|credential|credentials|authentication|authorization|auth|bearer|access key|secret|signature|iam token|jwt|login|security token)"
    ),
    (
        "(api key|apikey|api token|access token|bearer token|token|credential|credentials|signature|x api key|access key|jwt|authorization header|authentication token|security token|api_key) "
        "(provided |included in the request |in the request |supplied |format |)(is |was |are |has |have |not |could not be |cannot be |does not |do not |must be |)"
        "(been |not |be |)(invalid|incorrect|expired|missing|revoked|disabled|wrong|not valid|valid|found|not found|required|verified|rejected|exist|malformed|deleted|provided|empty|incorrect|set|match|deactivated|recognized|blocked)"
    ),
    "(api key|apikey|api token|access token|bearer token|token|credentials) * (invalid|incorrect|expired|missing|revoked|not valid|not found|does not exist|not exist|required)",
    "(didn't|did not|don't|haven't|not) (provide|provided|supply|specify|have|set|include) * (api key|api token|token|credentials|authorization|authentication)",
    "(missing|provide|provided|set|check|verify|update|configure|required) (a |an |the |your |valid |a valid |your valid )(api key|apikey|api token|token|credentials|authorization)",
    "(authentication|authorization|auth) (failed|failure|error|required|fails|is required|unsuccessful|parameter|header|parameters|credentials)",
    "(unauthorized|unauthenticated|not authenticated|unauthorised)",
    "(failed|unable|could not|cannot|can't) (to |)(authenticate|resolve authentication)",
    "(failed|unable|could not|cannot|can't) (to |)(verify|refresh|validate) * token",
    "(login|log in|sign in|re authenticate|reauthenticate|authenticate|logged out|not logged in|session expired|session has expired)",
    "(unknown|invalid) client (id|secret)",
    "(user not found|no auth credentials|no cookie auth)",
    "(require|requires|needs|expects) (aws |google |azure |valid |an |a |)(api key|credentials|authentication|login|service account key)",
    "(set|export|define|specify) * (api key|apikey|access key|auth token|api token|secret key|credentials) * (environment|env|variable|variables)",
    "(load|locate|find|resolve|obtain|retrieve|retrieving|acquire|fetch|renew) * credentials",
    "(couldn't|could not|cannot|can't|failed to|unable to) (load|locate|find|resolve|obtain|retrieve|read|fetch) (a |the |any |your |)(secret|secrets)",
    "(credential|credentials|token) (refresh|retrieval|renewal|exchange) (failed|failure|error)",
    "(api key|apikey|密钥|令牌|秘钥|token|鉴权|凭证|身份|签名) * (无效|错误|过期|失败|不存在|缺失|失效|不正确|有误|为空|非法|状态不可用|已禁用|被禁用|已停用|已吊销|已删除|未启用|不匹配)",
    "(无效的令牌|无效令牌|无效的api|无效的密钥|未授权|未登录|认证失败|鉴权失败|身份验证|未提供令牌|未提供token)",
    "(無效的|認證失敗|未授權)",
    "(認証|apiキー)",
    "(인증|api 키)",
    "(ungültiger|ungültige|fehlender) (api|schlüssel|token)",
    "clé (api |d'api |)(invalide|incorrecte)",
    "(clave|token) (de api |api |)(inválida|invalida|no válida|incorrecta)",
    "(неверный|недействительный) (ключ|токен|api)",
)

NOT_ALLOWED = (
    "(organization|organisation|workspace|team|admin|administrator|owner) (has|have) (disabled|blocked|restricted|not enabled|turned off)",
    "(request|request for) access",
    "(gated|restricted) (repo|model|access|repository|to)",
    "(plan|subscription|tier|license|licence|package|membership|team|seat) (does not|doesn't|do not|don't) (yet |currently |)(include|cover|grant|entitle|give|come with)",
    "(套餐|订阅|会员|訂閱) * (不包含|未包含|不支持|暂未开放|未开放|无法使用)",
    "(failed to find|could not find|cannot find|no such) * member",
    "not available (for|to) (integrator|this client|your plan|your account|your organization|your subscription|free)",
    "virtual network",
    "(subscribe|subscription) (is |to |)(required|needed|this model)",
    "only authorized for",
    "(use case details|marketplace)",
    "(权限|無權|无权|没有权限|未开通|未授权|无访问权限|没有访问|开通)",
    "(privacy|data policy|data retention|zdr|guardrail restrictions)",
    "(insufficient|missing|invalid) (oauth |)(scope|scopes|permissions)",
)

DENIED = (
    (
        "(no|not|don't|doesn't|do not|does not|without|lack|lacks|lacking|insufficient|missing|required|requires|inadequate) (currently |yet |have |has |had |enough |the |necessary |sufficient |required |proper |any |been |)"
        "(been |granted |the |required |necessary |)"
        "(access|permission|permissions|authorization|privilege|privileges|entitlement|entitlements|entitled|authorized|authorised|scope|scopes|rights|scopes:|granted|permitted)"
    ),
    "(access|permission|authorization) (is |was |has been |)(denied|forbidden|restricted|required|refused|not granted)",
    "(access|permission|authorization) to * (denied|forbidden|restricted|required|refused|not granted)",
    "(subscription|account|project|tenant) does not have",
    "(denied|forbidden)",
    "permission * denied",
    "not (currently |)(allowed|permitted|entitled|eligible|enrolled|enabled|activated|authorized|authorised|whitelisted|allowlisted|subscribed|included)",
    "(requires|require|need|needs|upgrade to|available on|available for|only available|only available to|available to) * (plan|tier|subscription|pro|paid|enterprise|verified|verification|premium|max)",
    "upgrade to (plus|pro|max|ultra|premium|enterprise|a paid|paid|team|business)",
    "(must be|not) verified",
    "(not|no longer|isn't|aren't) (a |currently a |)(member|collaborator) of (the |this |that |any |)(project|organization|organisation|workspace|team|tenant)",
    "(must|need to|have to|has to) (be|have) (a |an |the |)(named user|licensed|subscriber|member|owner|admin|administrator|paid|active subscription|license|licence|valid subscription|paying)",
    "(keine berechtigung|zugriff verweigert)",
    "(accès refusé|accès interdit)",
    "acceso denegado",
    "(доступ запрещен|доступ запрещён)",
)
"""What a 403 says in words: places, suspensions, spent credit and bad keys are told so too."""

NOT_PERMITTED_TO_SAY = (
    "(input|inputs|field|fields|parameter|parameters|property|properties|argument|arguments) (is |are |)not (permitted|allowed)",
)
"""What a validator does not permit is in the request, not in anybody's rights."""

NO_MODEL = (
    "(model|models|deployment|engine|endpoint|snapshot|model's) * (not found|does not exist|doesn't exist|not exist|not exists|do not exist|no longer|was not found|could not be found|isn't found|cannot be found)",
    "(model|models|deployment|endpoint|snapshot) * (deprecated|deprecating|retired|retiring|phased out|decommissioned|discontinued|sunset|sunsetted|removed|shut down|end of life|end of its life|eol|legacy|deleted|withdrawn|taken offline|offline|obsolete)",
    "(model|models|deployment) * (not available|unavailable|isn't available|not currently available|not offered|not served|not accessible|not loaded|unloaded|is unloaded|not deployed|not supported|unsupported|not be found|not ready|is invalid|not valid|not installed|disabled|not been deployed|not recognized|not served|not running)",
    "(invalid|unknown|unsupported|unrecognized|no such|nonexistent|wrong|missing|incorrect|bad|illegal) (model|models|deployment|engine|model name|model id|model identifier|model version)",
    "no (such |available |suitable |valid |)(endpoints|endpoint|model|models|deployment|provider|providers|channel|channels|backend|replicas) (found|available|exist|exists|that|for|with|loaded|is|named|matching)",
    "(cannot|can't|could not|unable to|failed to|couldn't) (find|load|locate|open|resolve) * (model|deployment|engine|tokenizer|checkpoint)",
    "(supported|available|valid|allowed) (api |)(model|models) (names |ids |name |)(are|is|include)",
    "model (name |id |identifier |)(is |)(invalid|not supported|not exist|not exists|mismatch|is not a valid)",
    "(pull|download|load) (it|the model|a model|model|them) (first|before)",
    "try pulling it first",
    "(the model|model) (has|was) * (removed|retired|deprecated|shut down|reached)",
    "(migrate|switch|upgrade|transition) to * (newer|another|a newer|latest|different|instead|model)",
    "please use * instead",
    "api (deployment|version) * (does not exist|not exist|not found)",
    "(模型|模型名称|渠道|接入点) * (不存在|不可用|下线|下架|停止服务|停服|停用|废弃|弃用|退役|淘汰|未部署|未上线|未启动|未加载|未找到|无可用|没有找到|无效)",
    "(无可用渠道|模型不存在|暂无可用|不支持的模型|模型代码)",
    "(無可用渠道|模型不可用)",
    "モデル * (存在しません|見つかりません|利用できません)",
    "모델 * (없습니다|찾을 수)",
    "(modell) * (nicht gefunden|existiert nicht|nicht verfügbar)",
    "modèle * (introuvable|n'existe pas|pas disponible)",
    "modelo * (no existe|no encontrado|não existe|não encontrado|no disponible|não disponível)",
    "модель * (не найдена|не существует|недоступна)",
    "route (has |)(no |not )(registered|found)",
    "(requested |)(resource|object|entity) (was |is |could |)(not found|does not exist|not exist|not be found)",
)

CANNOT = (
    (
        "(does|do|did|is|are|can) (not|n't) (currently |yet |)(support|supports|supported|accept|accepts|allow|handle|implement|implemented|available) (for |with |by |on |in |)"
        "(this |the |your |that |)(tools|tool|function|functions|images|image|vision|audio|video|files|streaming|stream|json|schema|thinking|reasoning|temperature|parameter|parameters|prefill|system|logprobs|response format|"
        "embeddings|multimodal|attachments|role|top p|chat|completion|completions|operation|effort|modality|cache control|stop|penalty|messages|max tokens|n|input|type|method|model|feature|option|value|format|use)"
    ),
    (
        "(doesn't|don't|isn't|aren't|cannot|can't|not|no longer) (currently |yet |)(support|supports|supported|accept|compatible|implemented) * (tools|tool|function|functions|images|image|vision|audio|video|files|streaming|stream|json|"
        "schema|thinking|reasoning|temperature|parameter|parameters|prefill|system|logprobs|response format|embeddings|multimodal|attachments|chat|completions|effort|modality|this model|by this|with this|the model|model)"
    ),
    (
        "(tools|tool use|tool choice|function calling|functions|images|image|vision|audio|video|files|streaming|stream|json mode|json schema|thinking|reasoning|temperature|parameter|prefill|system prompt|logprobs|response format|response_format"
        "|embeddings|multimodal|attachments|max tokens|top p|system messages|developer|store|feature|operation|method|penalty|cache control|reasoning effort|invocation|prompt caching|completions|throughput) * "
        "(not supported|unsupported|isn't supported|aren't supported|not available|not allowed|not compatible|not implemented|not support|is deprecated|not enabled|are not supported|is not supported|not permitted)"
    ),
    "(unsupported|unknown|unrecognized) (parameter|parameters|value|feature|operation|field|tool|role|message role|content type|media type|modality|method|format|argument|option|response format|api version|file)",
    "(only|exclusively) (supports|supported|support|works|available) * (the |)(stream|streaming|completion|chat|responses|text|one|default|inference|with|in|for|through)",
    "(not|isn't) a (chat|multimodal|vision|text|embedding|completion|reasoning) model",
    "(no endpoints found that support|requires thinking|interleaved|requires --)",
    "(不支持|暂不支持|不支援) * (工具|图片|函数|功能|参数|流式|该模型|多模态|图像|tools|stream|function|思考)",
    "(tool choice|tools) requires",
    "inference profile",
    "(not supported|unsupported|not available|not enabled) (for|with) (vision|image|images|audio|video|tools|tool use|tool calls|tool calling|function calling|streaming|thinking|reasoning|structured output|structured outputs|json mode|embeddings)",
    "not (eligible|available|supported|enabled|offered|possible) for (provisioned|on demand|batch|serverless|fine tuning|streaming|reserved|priority|realtime)",
)

MALFORMED = (
    (
        "(invalid|malformed|bad|illegal|improper) (request|json|parameter|parameters|argument|arguments|value|type|format|input|body|payload|field|schema|messages|message|tool|url|image|base64|content|role|syntax|data|prompt|header|"
        "function|signature|encoding|query|response format|max tokens|api version)"
    ),
    "(parameter|parameters|argument|arguments|input) check",
    "(invalid|malformed|incorrect) * (config|configuration)",
    "(validation|parse|parsing|schema|deserialization|json|type|syntax|decode) (error|errors|failed|failure|exception)",
    "(field|property|parameter|argument|body|messages|input|item|value|key) (is |are |)(required|missing|must|cannot|invalid|empty|not permitted)",
    "(must|should) (be|contain|have|start|end|alternate|match|not|provide|include|follow|only)",
    "(missing|required|unexpected|extra|duplicate|unknown|expected) (required |)(field|fields|parameter|parameters|property|argument|key|keyword|inputs|input|role|token|tag|name|tool|a)",
    "(extra inputs|not permitted|cannot be empty|is required|is not valid|is invalid|not of type|unexpected keyword|not a valid|out of range|at least one|failed to parse|failed to deserialize)",
    "(tool use|tool result|tool_use|tool_result|tool call|tool_call_id|tool calls) * (without|must|following|corresponding|preceding|found|did not have|immediately)",
    "(参数|请求格式|格式错误|不能为空|请求体|非法参数|缺少|参数错误)",
    "(參數|格式錯誤)",
)

UNVERIFIED = (
    "(organization|organisation|workspace|account|identity|developer|business|company|phone|phone number|age|email|email address) (must|needs to|need to|has to|have to|should) (first |)be verified",
    "verify (your |the |an |)(organization|organisation|identity|phone|phone number|email|email address|age|business|company)",
    "(organization|organisation|identity|business|phone|email|age|developer|company) verification (is |)(required|needed|pending|incomplete|missing|failed)",
    "(requires|require|needs|need) (an |a |your |)(explicit |prior |written |)(opt in|consent|approval)",
    "(must|need to|have to|please|required to) (first |)(accept|agree to) (the|these|its|our|updated|new) * (terms|license|licence|agreement|conditions)",
    "(model|models|feature|tool|tools|endpoint) * (blocked|disabled|restricted|turned off) (at|by|for) (the |your |this |an |)(organization|organisation|project|team|workspace|admin|administrator|owner)",
    "(complete|requires|require|pass) (the |your |an |)(identity|organization|organisation|business|age|phone|email) (verification|check)",
    "(实名认证|企业认证|个人认证|实名|實名)",
    "本人確認",
    "(본인 인증|본인인증|실명 인증|사업자 인증)",
    "(identitätsprüfung|identität bestätigen|verifizierung (erforderlich|ihrer))",
    "(vérification|vérifier|vérifiez) * (identité|organisation|entreprise)",
    "(verificación|verificar|verifique|verificação) * (identidad|identidade|organización|organização|empresa)",
    "(подтвердите|подтверждение|верификация|верификацию) * (личность|личности|организации|организацию|аккаунта|номер)",
)

NO_PATH = (
    "cannot (get|post|put) /",
    "(404 page not found|page not found|path not found|url not found|no such path|no such route|unknown path|unknown route)",
    "no route(s|) (matched|matches|found|for)",
    "(route|path|url|uri) (was |is |)(not found|unknown)",
    "invalid url (post|get)",
    "(unrecognized|unknown) request url",
)

RULES = (
    Rule(
        "content_blocked",
        Cause.CONTENT_BLOCKED,
        Scope.REQUEST,
        codes=("content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation", "ContentPolicyViolationError",
               "data_inspection_failed", "DataInspectionFailed", "moderation_blocked", "prohibited_content", "content_blocked",
               "sensitive_words_detected", "content_moderation", "content_violation", "input_moderation", "guardrail_intervened",
               "SensitiveContentDetected", "content_filtered", "content_policy", "risk_control", "IMAGE_SAFETY",
               "InputTextSensitiveContentDetected", "OutputTextSensitiveContentDetected", "image_content_policy_violation", "censorship_blocked",
               "sensitive", "new_sensitive"),
        text=UNSAFE,
        unless=("(data policy|privacy|zdr)", "(account|organization) * (suspended|disabled|banned)"),
    ),
    Rule(
        "model_not_found",
        Cause.MODEL_UNAVAILABLE,
        Scope.MODEL,
        codes=("model_not_found", "ModelNotFoundError", "model_not_exist", "model_deprecated", "model_retired", "ModelNotFound",
               "model_not_available", "model_decommissioned", "unknown_model", "invalid_model", "no_such_model", "model_not_supported",
               "DeploymentNotFound", "ModelNotOpen", "InvalidEndpointOrModel.NotFound", "model_unavailable",
               "model_not_loaded", "model_disabled", "endpoint_not_found", "no_available_channel",
               "ModelDeprecated"),
        unless=BY_ORDER,
    ),
    # Who must first prove who it is, agree or allow, hears so under any code: that of the parameter this opens, too.
    Rule("owner_must_act", Cause.PERMISSION, Scope.ACCOUNT, codes=("verification_required", "identity_verification_required", "kyc_required"), text=UNVERIFIED),
    Rule(
        "unsupported_feature",
        Cause.UNSUPPORTED_FEATURE,
        Scope.MODEL,
        codes=("unsupported_parameter", "unsupported_value", "unsupported_feature", "UnsupportedParamsError", "not_supported_error",
               "feature_not_supported", "unsupported_operation", "operation_not_supported"),
    ),
    Rule(
        "bad_key",
        Cause.AUTH,
        Scope.KEY,
        codes=("invalid_api_key", "authentication_error", "AuthenticationError", "invalid_authentication", "UnrecognizedClientException",
               "InvalidSignatureException", "ExpiredTokenException", "InvalidClientTokenId", "API_KEY_INVALID", "API_KEY_EXPIRED",
               "SignatureDoesNotMatch", "MissingAuthenticationTokenException", "invalid_authentication_error", "incorrect_api_key_error",
               "InvalidApiKey", "unauthenticated", "token_expired", "token_revoked", "invalid_token", "missing_api_key", "NoCredentialsError",
               "IncompleteSignatureException", "ACCESS_TOKEN_EXPIRED", "token_invalidated", "api_key_expired", "invalid_key",
               "no_api_key", "expired_token", "invalid_client", "unauthorized_client", "unsupported_grant_type", "login_required", "InvalidTokenError", "unauthorized", "invalid_iam_token", "authentication_failed", "invalid_grant", "CREDENTIALS_MISSING",
               "ACCESS_TOKEN_TYPE_UNSUPPORTED", "api_key_disabled", "RefreshError", "DefaultCredentialsError", "auth_error", "InvalidAccessKeyId"),
        unless=("(account|organization) * (suspended|disabled|banned)",),
    ),
    # What follows is about an argument, whatever stands before it, such as the key it was sent with.
    Rule("argument_refused", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, text=("(argument|parameter|parameters|field|option|property|attribute) (is |are |)not supported (on|by|for|with|in) (this|the) (model|endpoint|deployment|api)",)),
    NOT_KEPT,
    # No server of models answers at this address: one of another kind does, or the path is wrong.
    Rule("no_such_path", Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT, status=(404, 405), text=NO_PATH),
    Rule("named_model_gone", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=NO_MODEL,
         unless=("(tool|tools|image|images|function calling|streaming|temperature|parameter|thinking) * (not supported|unsupported)",
                 "(not supported|unsupported|not available|not enabled) (for|with) (vision|image|images|audio|video|tools|tool|function calling|streaming|thinking|reasoning|structured|json mode|embeddings)",
                 "free tier (model|models|users|accounts|teams)",
                 "(overloaded|capacity|high demand|busy|loading|warming)", "not support (tools|tool|images|image|function|system|vision)",
                 "(api key|apikey) * (invalid|not valid)", "(don't have|do not have|no) (access|permission)", "permission * denied", "available for (integrator|integration|this client)", "endpoints found that (support|can)",
                 *BY_ORDER, "slow down", "data policy", "unsupported (countries|country|region|regions)", "status 451", "model is not ready", "(in|from) your (country|region|location)")),
    Rule("cannot_do_that", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, text=CANNOT,
         unless=("(overloaded|high demand)", "(api key|apikey)", "operation not allowed", "unsupported countries", "model not supported")),
    Rule("sealed_reasoning", Cause.BAD_REQUEST, Scope.REQUEST, codes=("invalid_encrypted_content",),
         text=("invalid signature in thinking", "invalid `signature` in `thinking`", "encrypted content * could not be (verified|decrypted)", "(corrupted|invalid) thought signature", "thought signature is (not valid|invalid)")),
    Rule("key_refused", Cause.AUTH, Scope.KEY, text=BAD_KEY,
         unless=("not authorized to (perform|invoke|access)", "(unexpected|special|stop|eos|bos|next) token", "failed during generation", "token (count|limit)", "missing permissions")),
    Rule(
        "not_allowed",
        Cause.PERMISSION,
        Scope.ACCOUNT,
        codes=("SERVICE_DISABLED", "API_KEY_SERVICE_BLOCKED", "API_KEY_HTTP_REFERRER_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED", "insufficient_permissions",
               "insufficient_scope", "access_denied", "ModelAccessDenied", "GatedRepoError", "missing_scope", "IAM_PERMISSION_DENIED",
               "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "not_allowed", "model_access_denied", "plan_required", "insufficient_plan", "not_entitled",
               "Model.AccessDenied", "access_not_allowed"),
        text=NOT_ALLOWED,
        unless=NOT_PERMITTED_TO_SAY,
    ),
    Rule("denied", Cause.PERMISSION, Scope.ACCOUNT, text=DENIED, unless=NOT_PERMITTED_TO_SAY, vague=True),
)  # fmt: skip

FORM = (
    Rule("bad_form", Cause.BAD_REQUEST, Scope.REQUEST, text=MALFORMED, status=(400, 405, 409, 415, 422), vague=True),
    # A validator is quoted by a relay that answers 5xx, or by none.
    Rule("validator_quoted", Cause.BAD_REQUEST, Scope.REQUEST, status=(0, 200, *range(500, 600)),
         text=("extra inputs are not permitted", "input should be a valid", "additional properties are not allowed",
               "unknown field", "unrecognized request argument")),
    # What they could not read is what we wrote; a client's own reader names its class.
    Rule("unreadable_request", Cause.BAD_REQUEST, Scope.REQUEST, status=(0, 400, 422),
         text=("(expecting|expected) (',' delimiter|':' delimiter|property name enclosed)",),
         unless=("(jsondecodeerror|json decoder|json.decoder|jsondecode)", "(response|answer|chunk|stream|reply)")),
)  # fmt: skip
FORM_AT_LAST = (
    Rule("maybe_bad_form", Cause.BAD_REQUEST, Scope.REQUEST, text=MALFORMED, status=(0, 200, 500), vague=True),
)
