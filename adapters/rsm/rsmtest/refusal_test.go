package rsmtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
)

// refusals are the documented errors. Every request is made of a server that
// has the modes 1001 (running for an hour), 1002 (pending, from one to two
// hours) and 1003 (finished).
var refusals = []struct {
	rule   string
	method string
	path   string
	body   any
	status int
	text   string // a part of the Russian answer
}{
	{"an empty filter is refused", "POST", "/filter", obj{}, 400, "Пустой фильтр в запросе"},
	{"a filter of nulls is empty", "POST", "/filter", obj{"ids": nil, "dateEnd": nil}, 400, "Пустой фильтр в запросе"},
	{"a filter of empty lists is empty", "POST", "/filter", obj{"ids": []int{}, "configItemIds": []int{}}, 400, "Пустой фильтр в запросе"},
	{"a date condition without a date is not set", "POST", "/filter", obj{"dateEnd": obj{}}, 400, "Пустой фильтр в запросе"},
	{"a filter of the wrong type does not fit the model", "POST", "/filter", obj{"ids": "7"}, 400, "Неверная модель данных"},
	{"a filter with a date that is none does not fit the model", "POST", "/filter", obj{"dateEnd": obj{"equal": "soon"}}, 400, "Неверная модель данных"},
	{"perPage 0 is refused", "GET", "?perPage=0", nil, 400, "Ошибка в параметрах запроса"},
	{"a page that is no number is refused", "GET", "?page=two", nil, 400, "Ошибка в параметрах запроса"},
	{"batchValidate takes a bool only", "POST", "?batchValidate=maybe", obj{}, 400, "Ошибка в параметрах запроса"},

	{"create needs a body", "POST", "", nil, 400, "Пустое тело запроса"},
	{"null is no body", "POST", "", "null", 400, "Пустое тело запроса"},
	{"broken JSON does not fit the model", "POST", "", "{", 400, "Неверная модель данных"},
	{"a title that is a number does not fit the model", "POST", "", obj{"title": 7}, 400, "Неверная модель данных"},
	{"a label that is a number does not fit the model", "PATCH", "/1001", obj{"labels": obj{"n": 7}}, 400, "Неверная модель данных"},
	{"create needs dateStart", "POST", "", obj{}, 400, "Не указано время начала режима обслуживания"},
	{"create needs dateEnd", "POST", "", obj{}, 400, "Не указано время окончания режима обслуживания"},
	{"create needs config items", "POST", "", obj{}, 400, "Не задан список КЕ"},
	{"an empty list of config items is none", "POST", "", modeBody(obj{"configItems": []obj{}}), 400, "Не задан список КЕ"},
	{"the end must be after the start", "POST", "", modeBody(obj{"dateStart": "2001-01-01T00:00:00+00:00", "dateEnd": "2001-01-01T00:00:00+00:00"}), 400, "Время окончания режима обслуживания должно быть больше"},
	{"the end must be after now", "POST", "", modeBody(obj{"dateStart": "1999-01-01T00:00:00+00:00", "dateEnd": "1999-12-31T00:00:00+00:00"}), 400, "Время окончания режима обслуживания должно быть больше"},
	{"an item needs an id", "POST", "", modeBody(obj{"configItems": []obj{{}}}), 400, "Не указан идентификатор КЕ"},
	{"the id of an item is at least 1", "POST", "", modeBody(obj{"configItems": items(0)}), 400, "Недопустимое значение идентификатора КЕ"},
	{"a depth has a range", "POST", "", modeBody(obj{"configItems": []obj{{"id": 1, "depth": -2}}}), 400, "Недопустимое значение глубины графа РСМ"},
	{"a scope is one of two", "POST", "", modeBody(obj{"configItems": []obj{{"id": 1, "scope": "All"}}}), 400, "Неверная модель данных"},
	{"with batchValidate one unknown CI refuses all", "POST", "?batchValidate=true", modeBody(obj{"configItems": items(1, 999)}), 400, "Указанные КЕ не найдены или у вас недостаточно прав"},
	{"without batchValidate one known CI is needed", "POST", "", modeBody(obj{"configItems": items(998, 999)}), 400, "Указанные КЕ не найдены или у вас недостаточно прав"},

	{"an id is a number", "PATCH", "/next", obj{"title": "t"}, 400, "Недопустимое значение идентификатора сервисного режима"},
	{"an id is at least 1", "GET", "/0", nil, 400, "Недопустимое значение идентификатора сервисного режима"},
	{"a mode that is not there is not found", "GET", "/7", nil, 404, "Сервисный режим с ID 7 не найден"},
	{"patch of a mode that is not there", "PATCH", "/7", obj{"title": "t"}, 404, "Сервисный режим с ID 7 не найден"},
	{"replace of a mode that is not there", "PUT", "/7", modeBody(nil), 404, "Сервисный режим с ID 7 не найден"},
	{"the body is checked before the mode is looked for", "PATCH", "/7", obj{}, 400, "Все поля в модели данных пустые"},
	{"a patch needs a field", "PATCH", "/1001", obj{"title": nil, "configItems": []obj{}}, 400, "Все поля в модели данных пустые"},
	{"replace needs everything that create needs", "PUT", "/1001", obj{"title": "t"}, 400, "Не указано время начала режима обслуживания"},

	{"cancel on a finished mode is refused", "PATCH", "/1003", obj{"cancel": true}, 400, "уже окончен. Вы не можете завершить его"},
	{"a finished mode cannot be changed", "PATCH", "/1003", obj{"labels": obj{"a": "b"}}, 400, "уже окончен. Вы не можете изменить его"},
	{"a finished mode cannot be replaced", "PUT", "/1003", modeBody(nil), 400, "уже окончен. Вы не можете изменить его"},
	{"the start of a running mode is frozen", "PATCH", "/1001", obj{"dateStart": "2000-01-01T00:10:00+00:00"}, 400, "уже начался, Вы не можете изменить время его начала"},
	{"replace cannot move the start of a running mode", "PUT", "/1001", modeBody(nil), 400, "уже начался, Вы не можете изменить время его начала"},
	{"a patch cannot end a mode before it starts", "PATCH", "/1002", obj{"dateEnd": "2000-01-01T00:45:00+00:00"}, 400, "Время окончания режима обслуживания должно быть больше"},
	{"a patch cannot end a mode in the past", "PATCH", "/1001", obj{"dateEnd": "2000-01-01T00:00:30+00:00"}, 400, "Время окончания режима обслуживания должно быть больше"},
	{"a patch cannot add an unknown CI", "PATCH", "/1001?batchValidate=true", obj{"configItems": items(1, 999)}, 400, "Указанные КЕ не найдены"},
	{"dates are checked before CIs", "PATCH", "/1001?batchValidate=true", obj{"configItems": items(999), "dateEnd": "1999-01-01T00:00:00+00:00"}, 400, "Время окончания"},
	{"state is checked before dates", "PATCH", "/1003", obj{"dateEnd": "1999-01-01T00:00:00+00:00"}, 400, "уже окончен"},

	{"nothing can be deleted", "DELETE", "/1001", nil, 405, ""},
	{"the list cannot be patched", "PATCH", "", obj{}, 405, ""},
	{"an unknown path does not exist", "GET", "/1001/items", nil, 404, ""},
}

// modeBody is a valid mode of the year 2000, changed by fields.
func modeBody(fields obj) obj {
	body := obj{
		"dateStart":   "2000-01-02T00:00:00+00:00",
		"dateEnd":     "2000-01-03T00:00:00+00:00",
		"configItems": items(1),
	}
	for k, v := range fields {
		body[k] = v
	}
	return body
}

func TestEveryRefusalHasItsStatusAndText(t *testing.T) {
	for _, row := range refusals {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, rsmtest.Options{}, func(a *api) {
				a.headers = map[string]string{"Accept-Language": "ru-RU"}
				a.create(nil, 1)
				a.create(obj{"dateStart": a.at(time.Hour), "dateEnd": a.at(2 * time.Hour)}, 2)
				a.create(obj{"dateEnd": a.at(time.Minute)}, 3)
				time.Sleep(time.Minute)
				before := a.server.Modes()

				got := a.do(row.method, modes+row.path, row.body)
				assert.Equal(t, row.status, got.status, got.raw)
				if row.text == "" {
					assert.Empty(t, got.raw)
				} else {
					assert.Contains(t, got.raw, row.text)
				}
				assert.Equal(t, before, a.server.Modes(), "what is refused changes nothing")
			})
		})
	}
}

func TestAFieldErrorNamesItsField(t *testing.T) {
	bubble(t, rsmtest.Options{Knobs: rsmtest.Knobs{Language: rsmtest.Russian}}, func(a *api) {
		got := a.do("POST", modes, obj{"configItems": items(0), "dateStart": "never"})
		assert.JSONEq(t, `{"message":"Ошибка в теле запроса","bodyFields":{
			"dateStart":["Неверная модель данных в теле запроса"],
			"dateEnd":["Не указано время окончания режима обслуживания"],
			"configItems":["Недопустимое значение идентификатора КЕ"]}}`, got.raw)
		got = a.do("GET", modes+"/x", nil)
		assert.JSONEq(t, `{"message":"Ошибка в параметрах запроса","queryFields":{
			"id":["Недопустимое значение идентификатора сервисного режима"]}}`, got.raw)
	})
}

func TestCredentialsAndContentTypeAreCheckedFirst(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		a.headers = map[string]string{"Content-Type": "text/plain"}
		assert.Equal(t, 415, a.do("POST", modes, "").status, "before the body")
		assert.Equal(t, 415, a.do("PATCH", modes+"/x", "").status, "before the id")
		assert.Equal(t, 200, a.do("GET", modes, nil).status, "a read has no body")
		a.headers["Content-Type"] = "application/json; charset=utf-8"
		assert.Equal(t, 400, a.do("POST", modes, "").status, "parameters do no harm")

		a.headers["Content-Type"] = "text/plain"
		a.token = "unknown"
		got := a.do("POST", modes, "")
		assert.Equal(t, 401, got.status, "before the content type")
		assert.Equal(t, "Bearer", got.header.Get("WWW-Authenticate"))
		assert.Equal(t, 405, a.do("DELETE", modes+"/1", nil).status, "a method that does not exist, before all")
		allow := a.do("DELETE", modes+"/1", nil).header.Values("Allow")
		assert.ElementsMatch(t, []string{"GET", "PUT", "PATCH"}, allow)
	})
}

func TestAllEndpointsNeedAToken(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		a.headers = map[string]string{"Authorization": ""}
		for _, e := range []string{
			"GET " + modes, "POST " + modes, "GET " + modes + "/1", "PUT " + modes + "/1", "PATCH " + modes + "/1",
			"POST " + modes + "/filter", "GET " + cis, "GET " + cis + "/1", "POST " + cis + "/filter",
		} {
			method, path, _ := strings.Cut(e, " ")
			assert.Equal(t, http.StatusUnauthorized, a.do(method, path, obj{}).status, e)
		}
	})
}

func TestATokenDiesByExpiryAndByRevocation(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	opts := rsmtest.Options{Tokens: []rsmtest.Token{{Value: "short", Expires: start.Add(time.Minute)}, {Value: "long"}}}
	bubble(t, opts, func(a *api) {
		a.token = "short"
		time.Sleep(time.Minute - 1)
		assert.Equal(t, 200, a.do("GET", modes, nil).status)
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 401, a.do("GET", modes, nil).status)

		a.token = "long"
		assert.Equal(t, 200, a.do("GET", modes, nil).status)
		a.server.Revoke("long")
		assert.Equal(t, 401, a.do("GET", modes, nil).status)
		a.server.SetToken(rsmtest.Token{Value: "long"})
		assert.Equal(t, 200, a.do("GET", modes, nil).status, "it can be issued again")
	})
}

func TestRightsDecideWhatATokenSeesAndChanges(t *testing.T) {
	opts := rsmtest.Options{
		Knobs: rsmtest.Knobs{Language: rsmtest.Russian},
		Tokens: []rsmtest.Token{
			{Value: rsmtest.DefaultToken},
			{Value: "one", Read: []int64{1}, Write: []int64{1}},
			{Value: "reader", Write: []int64{}},
			{Value: "blind", Read: []int64{}, Write: []int64{}},
		},
	}
	bubble(t, opts, func(a *api) {
		first := a.create(nil, 1).ID
		second := a.create(nil, 2).ID
		both := a.create(nil, 1, 2).ID

		a.token = "one"
		assert.Equal(t, []int64{first, both}, a.list(""), "modes without a readable CI are left out")
		assert.Equal(t, []int64{first, both}, a.filter(obj{"ids": []int64{first, second, both}}))
		refused := func(r reply, text string) {
			t.Helper()
			assert.Equal(t, 403, r.status)
			assert.Contains(t, r.raw, text)
		}
		refused(a.do("GET", modePath(second), nil), "Недостаточно прав для просмотра данного сервисного режима")
		refused(a.patch(second, obj{"title": "t"}), "Недостаточно прав для редактирования сервисного режима")
		refused(a.do("POST", modes+"/filter", obj{"configItemIds": []int64{2}}), "по данному фильтру")
		assert.Empty(t, a.filter(obj{"configItemIds": []int64{999}}), "a CI that does not exist is no secret")
		assert.Len(t, a.get(both).Items, 2, "a visible mode shows all of its items")
		assert.Equal(t, 200, a.patch(both, obj{"title": "t"}).status, "one CI suffices to edit")
		assert.Equal(t, 400, a.patch(both, obj{"configItems": items(1, 2)}).status, "every CI that is sent must be permitted")
		got := a.one(200, a.do("PATCH", modePath(both), obj{"configItems": items(1, 2)}))
		assert.Equal(t, []string{"1 Active 0-60", "2 Active 0-60"}, brief(got), "what may not be changed stays")

		a.token = "reader"
		assert.Len(t, a.list(""), 3)
		refused(a.tryCreate(nil, 1), "Недостаточно прав для создания сервисного режима")
		refused(a.patch(first, obj{"title": "t"}), "Недостаточно прав для редактирования")

		a.token = "blind"
		refused(a.do("GET", modes, nil), "Недостаточно прав для просмотра сервисных режимов")
		refused(a.do("POST", modes+"/filter", obj{"ids": []int64{first}}), "по данному фильтру")

		a.token = rsmtest.DefaultToken
		a.server.SetToken(rsmtest.Token{Value: rsmtest.DefaultToken, Write: []int64{2}})
		refused(a.patch(first, obj{"title": "t"}), "Недостаточно прав для редактирования")
	})
}

func TestHiddenItemsAreLeftOutAndStay(t *testing.T) {
	opts := rsmtest.Options{
		Knobs:  rsmtest.Knobs{HideItems: true},
		Tokens: []rsmtest.Token{{Value: rsmtest.DefaultToken}, {Value: "one", Read: []int64{1}, Write: []int64{1}}},
	}
	bubble(t, opts, func(a *api) {
		id := a.create(nil, 1, 2).ID
		a.token = "one"
		require.Len(t, a.get(id).Items, 1)
		a.one(200, a.patch(id, obj{"configItems": items(1)}))
		a.token = rsmtest.DefaultToken
		assert.Equal(t, []string{"1 Active 0-60", "2 Active 0-60"}, brief(a.get(id)))
	})
}
