package rsmtest

import (
	"strconv"
	"strings"
)

// text is one of the sentences that the server says.
type text int

const (
	textEmptyFilter text = iota
	textEmptyBody
	textBadModel
	textAllEmpty
	textBadBody
	textBadQuery
	textBadID
	textNoStart
	textNoEnd
	textNoItems
	textEndBeforeStart
	textNoItemID
	textBadItemID
	textBadDepth
	textNoCIs
	textFinishedComplete
	textStartedCancel
	textFinishedChange
	textStartFrozen
	textUnauthorized
	textAuthFailed
	textMayNotList
	textMayNotView
	textMayNotFilter
	textMayNotCreate
	textMayNotEdit
	textNoMode
	textNoCI
	textWrongType
	textUnexpected
	textLongLabel
	textLongTitle
)

// sentence is a text in both languages. The Russian of the service's own
// texts is documented; its English is not, and made up here.
type sentence struct{ ru, en string }

var sentences = map[text]sentence{
	textEmptyFilter:      {"Пустой фильтр в запросе", "The filter of the request is empty"},
	textEmptyBody:        {"Пустое тело запроса", "Request body in empty"},
	textBadModel:         {"Неверная модель данных в теле запроса", "Wrong data model in request body"},
	textAllEmpty:         {"Все поля в модели данных пустые", "All fields in request body are empty"},
	textBadBody:          {"Ошибка в теле запроса", "Error in request body"},
	textBadQuery:         {"Ошибка в параметрах запроса", "Error in query parameters"},
	textBadID:            {"Недопустимое значение идентификатора сервисного режима", "Invalid maintenance id"},
	textNoStart:          {"Не указано время начала режима обслуживания", "Maintenance start time is not specified"},
	textNoEnd:            {"Не указано время окончания режима обслуживания", "Maintenance end time is not specified"},
	textNoItems:          {"Не задан список КЕ, которым требуется назначить режим обслуживания", "The list of config items to maintain is not specified"},
	textEndBeforeStart:   {"Время окончания режима обслуживания должно быть больше времени начала", "Maintenance end time must be later than its start time"},
	textNoItemID:         {"Не указан идентификатор КЕ", "Config item id is not specified"},
	textBadItemID:        {"Недопустимое значение идентификатора КЕ", "Invalid config item id"},
	textBadDepth:         {"Недопустимое значение глубины графа РСМ", "Invalid depth of the service model graph"},
	textNoCIs:            {"Указанные КЕ не найдены или у вас недостаточно прав", "The config items are not found or you have insufficient rights"},
	textFinishedComplete: {"Указанный режим обслуживания уже окончен. Вы не можете завершить его", "The maintenance is already finished. You cannot complete it"},
	textStartedCancel:    {"Указанный режим обслуживания уже начался. Вы не можете отменить его", "The maintenance is already started. You cannot cancel it"},
	textFinishedChange:   {"Указанный режим обслуживания уже окончен. Вы не можете изменить его", "The maintenance is already finished. You cannot change it"},
	textStartFrozen:      {"Указанный режим уже начался, Вы не можете изменить время его начала", "The maintenance is already started, you cannot change its start time"},
	textUnauthorized:     {"Пользователь не авторизован", "The user is not authorized"},
	textAuthFailed:       {"Не удалось выполнить авторизацию пользователя", "The user could not be authorized"},
	textMayNotList:       {"Недостаточно прав для просмотра сервисных режимов", "Insufficient rights to view maintenances"},
	textMayNotView:       {"Недостаточно прав для просмотра данного сервисного режима", "Insufficient rights to view this maintenance"},
	textMayNotFilter:     {"Недостаточно прав для просмотра сервисных режимов по данному фильтру", "Insufficient rights to view the maintenances of this filter"},
	textMayNotCreate:     {"Недостаточно прав для создания сервисного режима", "Insufficient rights to create a maintenance"},
	textMayNotEdit:       {"Недостаточно прав для редактирования сервисного режима", "Insufficient rights to edit the maintenance"},
	textNoMode:           {"Сервисный режим с ID {id} не найден", "The maintenance with ID {id} is not found"},
	textNoCI:             {"КЕ с ID {id} не найдена", "The config item with ID {id} is not found"},
	textWrongType:        {"Неправильный тип входных данных. Требуется указать тип: application/json", "Wrong type of input data. The type must be: application/json"},
	textUnexpected:       {"Непредвиденная ошибка при обработке запроса", "An unexpected error while processing the request"},
	textLongLabel:        {"Слишком длинное значение метки", "The value of a label is too long"},
	textLongTitle:        {"Слишком длинное название режима обслуживания", "The title of the maintenance is too long"},
}

// say returns a text in the language of the call.
func (c *call) say(t text, id int64) string {
	s := sentences[t].en
	if c.russian() {
		s = sentences[t].ru
	}
	s = strings.ReplaceAll(s, "{id}", strconv.FormatInt(id, 10))
	if c.knobs.Period {
		s += "."
	}
	return s
}

// russian reports whether the call is answered in Russian: by knob, or because
// Accept-Language names Russian before English.
func (c *call) russian() bool {
	if c.knobs.Language != LanguageAsked {
		return c.knobs.Language == Russian
	}
	for tag := range strings.SplitSeq(strings.ToLower(c.r.Header.Get("Accept-Language")), ",") {
		tag = strings.TrimSpace(tag)
		switch {
		case strings.HasPrefix(tag, "ru"):
			return true
		case strings.HasPrefix(tag, "en"):
			return false
		}
	}
	return false
}
