//go:build tools

// Package tools names the program that is built from this module, so that
// "go mod tidy" keeps what it needs and nothing else.
package tools

import _ "github.com/prometheus/prometheus/cmd/promtool"
