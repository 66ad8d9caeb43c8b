package zstacktest

// text is what a person reads, in the two languages of the server.
type text struct{ en, zh string }

// The texts. The Chinese ones are free translations: no program may look at
// them.
var (
	textNotReady       = text{"management node is not ready", "管理节点尚未就绪"}
	textSession        = text{"Session expired", "会话已过期"}
	textCredentials    = text{"wrong account name or password", "用户名或密码错误"}
	textSignature      = text{"wrong accessKey signature", "wrong accessKey signature，签名错误"}
	textAccessKey      = text{"access key id[%s] not found", "access key id[%s] 不存在"}
	textSessions       = text{"Login sessions hit limit of max allowed concurrent login sessions", "登录会话数已达到上限"}
	textNotMember      = text{"virtual ID[uuid:%s] is not a member of the project[name:%s]", "虚拟用户[uuid:%s]不属于项目[name:%s]"}
	textDuration       = text{"field[duration] must be in range of [60, 31536000], but was %v", "字段[duration]必须在[60, 31536000]范围内，实际为%v"}
	textMandatory      = text{"field[%s] of message[%s] is mandatory, can not be null", "消息[%[2]s]的字段[%[1]s]是必填项，不能为空"}
	textTooLong        = text{"field[%s] exceeds max length of string. expected was <= %d, actual was %d", "字段[%s]超出最大长度，应小于等于%d，实际为%d"}
	textEmptyList      = text{"field[%s] must be a nonempty list", "字段[%s]必须是非空列表"}
	textNullElement    = text{"field[%s] contains a NULL element", "字段[%s]包含空元素"}
	textBadUUID        = text{"resourceUuid[%s] is not a valid uuid. A valid uuid is a UUID(v4 recommended) with '-' stripped", "resourceUuid[%s]不是合法的uuid"}
	textSystemTag      = text{"no system tag matches %s", "没有匹配的系统标签 %s"}
	textTagPattern     = text{"tag pattern[uuid:%s] not found", "标签[uuid:%s]不存在"}
	textSystemType     = text{"no accountSystemType[%s] defined in system", "系统中未定义accountSystemType[%s]"}
	textNoType         = text{"not matched ticket type found", "没有匹配的工单类型"}
	textNoCollection   = text{"no matched ticket flow collection or no default ticket flow collection found, you must specify the flowCollectionUuid or create a default ticket flow collection in system", "没有可用的工单流程，请指定flowCollectionUuid或创建默认流程"}
	textOtherType      = text{"Ticket flow collection[uuid:%s] not matches ticket type[uuid:%s]", "工单流程[uuid:%s]与工单类型[uuid:%s]不匹配"}
	textInvalidFlow    = text{"Ticket flow collection[uuid:%s] is invalid, contact admin to correct it", "工单流程[uuid:%s]无效，请联系管理员"}
	textDisabledFlow   = text{"Ticket flow collection[uuid:%s] is disable, can not be used", "工单流程[uuid:%s]已停用"}
	textNoAPI          = text{"invalid request. no API[%s] found", "无效请求，API[%s]不存在"}
	textBadBody        = text{"invalid request, cannot create API[%s] from apiBody, %s", "无效请求，无法由apiBody创建API[%s]，%s"}
	textTimes          = text{"invalid request[%s], executeTimes must be positive, but was %d", "无效请求[%s]，executeTimes必须为正数，实际为%d"}
	textOtherProject   = text{"operation denied because flow collection[uuid:%s] it not belong the project[uuid:%s]", "操作被拒绝，工单流程[uuid:%s]不属于项目[uuid:%s]"}
	textSubmitter      = text{"operation denied. the submitter[virtual ID uuid:%v, project uuid:%v] is not the operator of this session", "操作被拒绝，提交人[虚拟用户:%v，项目:%v]不是当前会话的操作者"}
	textDuplicate      = text{"could not execute batch; SQL [insert into ResourceVO ...]; ConstraintViolationException: Duplicate entry '%s' for key 'PRIMARY'", "could not execute batch; SQL [insert into ResourceVO ...]; ConstraintViolationException: Duplicate entry '%s' for key 'PRIMARY'"}
	textIncorrect      = text{"could not execute batch; GenericJDBCException: Incorrect string value for column '%s' at row 1", "could not execute batch; GenericJDBCException: Incorrect string value for column '%s' at row 1"}
	textDataTooLong    = text{"could not execute batch; DataException: Data too long for column '%s' at row 1", "could not execute batch; DataException: Data too long for column '%s' at row 1"}
	textBadStatus      = text{"operation denied. the ticket is in status of %s, cannot do the operation[%s]", "操作被拒绝，工单处于状态%s，不能执行操作[%s]"}
	textNotApprover    = text{"operation denied. the operator needs to be done by account/virtual ID[uuid:%s]", "操作被拒绝，该操作需要由账户/虚拟用户[uuid:%s]执行"}
	textNotOwner       = text{"the virtual ID[uuid:%s] is not the owner of the ticket[uuid:%s, name:%s]", "虚拟用户[uuid:%s]不是工单[uuid:%s, name:%s]的所有者"}
	textSubmitterGone  = text{"operation denied. ticket submitter[uuid:%s] has been deleted, the ticket[uuid:%s] can only be deleted now", "操作被拒绝，工单提交人[uuid:%s]已被删除，工单[uuid:%s]只能被删除"}
	textNotUpdatable   = text{"ticket[uuid:%s, name:%s] can only be updated after being cancelled, current status is %s", "工单[uuid:%s, name:%s]只有取消后才能更新，当前状态为%s"}
	textApproverGone   = text{"approver of the ticket flow has been deleted, the ticket is rejected", "审批人已被删除，工单被驳回"}
	textMissing        = text{"resource[type:%s, uuid:%s] not found", "资源[type:%s, uuid:%s]不存在"}
	textTagType        = text{"no resource type[%s] found in tag system", "标签系统中没有资源类型[%s]"}
	textTagDuplicate   = text{"Duplicated Tag[resourceUuid:%s, type:User, tag:%s]", "重复的标签[resourceUuid:%s, type:User, tag:%s]"}
	textUnknownField   = text{"org.zstack.zql.ZQLException: entity[%s] has no field[%s]", "org.zstack.zql.ZQLException: entity[%s] has no field[%s]"}
	textBadCondition   = text{"org.zstack.zql.ZQLException: cannot evaluate condition[%s]", "org.zstack.zql.ZQLException: cannot evaluate condition[%s]"}
	textInjected       = text{"injected failure[%s]", "注入的故障[%s]"}
	textNoProjectLogin = text{"only a virtual ID can log in to a project", "只有虚拟用户可以登录项目"}
)
