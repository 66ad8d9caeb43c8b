package tt_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestUnimplementedSupportsNothing(t *testing.T) {
	system := reflect.TypeFor[tt.System]()
	for i := range system.NumMethod() {
		method := system.Method(i)
		if !method.IsExported() || method.Name == "Capabilities" {
			continue
		}
		t.Run(method.Name, func(t *testing.T) {
			f := reflect.ValueOf(tt.Unimplemented{}).MethodByName(method.Name)
			args := []reflect.Value{reflect.ValueOf(context.Background())}
			for i := 1; i < f.Type().NumIn() && (!f.Type().IsVariadic() || i < f.Type().NumIn()-1); i++ {
				args = append(args, reflect.Zero(f.Type().In(i)))
			}
			results := f.Call(args)
			err, _ := results[len(results)-1].Interface().(error)
			for _, result := range results[:len(results)-1] {
				assert.True(t, result.IsZero())
			}
			if method.Name == "Shutdown" {
				assert.NoError(t, err)
				return
			}
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, method.Name, e.Op)
			assert.Equal(t, tt.NotDone, e.Outcome)
			assert.ErrorIs(t, err, tt.ErrUnsupported)
			assert.NotErrorIs(t, err, tt.ErrTemporary)
		})
	}
	assert.Equal(t, tt.Capabilities{}, tt.Unimplemented{}.Capabilities())
}
