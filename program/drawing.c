/* drawing.c - a circuit as text: wires from left to right, gates as boxes.
 *
 *        +----------+
 *   q0: -| RY(x0)   |-*-
 *        +----------+ |
 *   q1: --------------*-
 *
 * A gate goes into the first column in which its qubits, and those that its vertical line crosses, are free.
 * Columns are as wide as their widest gate, and broken into lines where the page ends.
 *
 * SPDX-License-Identifier: MIT */
#include "gates.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* the characters, in UTF-8 and in ASCII */
enum { WIRE, CROSS, LINE, DOT, PLUS, SWAP, LEFT, RIGHT, FLAT, NW, NE, SW, SE, UP, DOWN, GLYPHS };
static const char *const glyphs[2][GLYPHS] = {
    {"─", "┼", "│", "●", "⊕", "×", "┤", "├", "─", "┌", "┐", "└", "┘", "┴", "┬"},
    {"-", "|", "|", "*", "@", "x", "|", "|", "-", "+", "+", "+", "+", "+", "+"}};

enum { LABEL = 64, GLYPH = 4 };

struct placed {
    const struct gate *gate;
    int64_t column;
    int width;
};

struct canvas {
    bool ascii;
    int64_t rows, columns;
    char (*cell)[GLYPH];
};

/* ---- labels ----------------------------------------------------------------------------------- */

/* characters of UTF-8 */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += (*text & 0xC0) != 0x80;
    return width;
}

static void append(char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *label, const char *format, ...)
{
    const size_t length = strlen(label);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(label + length, LABEL - length, format, arguments);
    va_end(arguments);
}

/* a number, as a multiple of pi if it is a simple one, else in four digits */
static void append_number(char *label, double number, bool ascii)
{
    static const int parts[] = {1, 2, 3, 4, 6, 8, 16};
    for (int i = 0; i < 7 && number != 0; i++) {
        const double times = number / acos(-1.0) * parts[i], whole = floor(times + 0.5);
        if (fabs(times - whole) > 1e-12 * fabs(times) || fabs(whole) > 16)
            continue;
        if (whole != 1)
            append(label, "%.0f", whole);
        append(label, "%s", ascii ? "pi" : "π");
        if (parts[i] > 1)
            append(label, "/%d", parts[i]);
        return;
    }
    append(label, "%.4g", number);
}

/* "0.5*theta0 + 3.14159..." as "0.5θ0+π" */
static void append_angle(char *label, const char *angle, bool ascii)
{
    while (*angle && strlen(label) < LABEL - 16) {
        char *end;
        if (isdigit((unsigned char)*angle) || *angle == '.') {
            append_number(label, strtod(angle, &end), ascii);
            angle = end;
        } else if (!strncmp(angle, "theta", 5)) {
            const int digits = (int)strspn(angle + 5, "0123456789");
            append(label, "%s%.*s", ascii ? "theta" : "θ", digits, angle + 5);
            angle += 5 + digits;
        } else if (*angle == 'x') {
            const int span = 1 + (int)strspn(angle + 1, "0123456789");
            append(label, "%.*s", span, angle);
            angle += span;
        } else {
            if (*angle != ' ' && (ascii || *angle != '*'))
                append(label, "%c", *angle);
            angle++;
        }
    }
}

/* what stands in the box of a gate's i-th qubit */
static void write_label(const struct gate *gate, int i, bool ascii, char label[LABEL])
{
    const bool unitary = !strncmp(gate->name, "unitary", 7);
    const size_t length = strlen(gate->name);
    label[0] = 0;
    if (!ascii && (!strcmp(gate->name, "sdg") || !strcmp(gate->name, "tdg")))
        append(label, "%c†", toupper(gate->name[0]));
    else
        for (size_t c = 0; c < length && c < 32; c++)
            append(label, "%c", unitary && c ? gate->name[c] : toupper((unsigned char)gate->name[c]));
    if (gate->angle && i == 0) {
        append(label, "(");
        append_angle(label, gate->angle, ascii);
        append(label, ")");
    }
    if (gate->qubits > 1 && unitary)
        append(label, ":%d", i + 1);
    else if (gate->qubits > 1 && (size_t)i + 1 < length)
        append(label, ":%c", toupper((unsigned char)gate->name[i + 1]));
}

/* one of the signs that need no box, or -1 */
static int sign_of(const struct gate *gate, int i)
{
    if (!strcmp(gate->name, "cx"))
        return i ? PLUS : DOT;
    if (!strcmp(gate->name, "cz"))
        return DOT;
    return strcmp(gate->name, "swap") ? -1 : SWAP;
}

static int gate_width(const struct gate *gate, bool ascii)
{
    int most = 1;
    char label[LABEL];
    for (int i = 0; i < gate->qubits; i++) {
        write_label(gate, i, ascii, label);
        if (sign_of(gate, i) < 0 && width_of(label) + 4 > most)
            most = width_of(label) + 4;
    }
    return most;
}

/* ---- places ----------------------------------------------------------------------------------- */

static void span_of(const struct gate *gate, int *first, int *last)
{
    *first = *last = gate->qubits ? gate->qubit[0] : 0;
    for (int i = 1; i < gate->qubits; i++) {
        *first = gate->qubit[i] < *first ? gate->qubit[i] : *first;
        *last = gate->qubit[i] > *last ? gate->qubit[i] : *last;
    }
}

/* the number of columns; gphase, which is on no qubit, is placed on none: column -1 */
static int64_t place(const struct gates *gates, bool ascii, struct placed *placed)
{
    int64_t next[MOST_QUBITS] = {0}, columns = 0;
    for (int64_t g = 0; g < gates->count; g++) {
        int first, last;
        const struct gate *gate = &gates->gate[g];
        placed[g] = (struct placed){gate, gate->qubits ? 0 : -1, gate_width(gate, ascii)};
        span_of(gate, &first, &last);
        for (int q = first; q <= last && gate->qubits; q++)
            placed[g].column = next[q] > placed[g].column ? next[q] : placed[g].column;
        for (int q = first; q <= last && gate->qubits; q++)
            next[q] = placed[g].column + 1;
        columns = placed[g].column + 1 > columns ? placed[g].column + 1 : columns;
    }
    return columns;
}

/* ---- the canvas ------------------------------------------------------------------------------- */

static void put(struct canvas *canvas, int64_t row, int64_t column, int glyph)
{
    char *cell = canvas->cell[row * canvas->columns + column];
    snprintf(cell, GLYPH, "%s", glyphs[canvas->ascii][glyph]);
}

/* a label's characters, one a cell */
static void put_text(struct canvas *canvas, int64_t row, int64_t column, const char *text)
{
    while (*text) {
        char *cell = canvas->cell[row * canvas->columns + column++];
        int length = 1;
        while ((text[length] & 0xC0) == 0x80)
            length++;
        snprintf(cell, GLYPH, "%.*s", length, text);
        text += length;
    }
}

static void put_box(struct canvas *canvas, int qubit, int64_t middle, const char *label)
{
    const int64_t width = width_of(label) + 4, left = middle - width / 2, row = 3 * qubit;
    for (int64_t c = left + 1; c < left + width - 1; c++) {
        put(canvas, row, c, FLAT);
        put(canvas, row + 2, c, FLAT);
        snprintf(canvas->cell[(row + 1) * canvas->columns + c], GLYPH, " ");
    }
    put(canvas, row, left, NW);
    put(canvas, row, left + width - 1, NE);
    put(canvas, row + 2, left, SW);
    put(canvas, row + 2, left + width - 1, SE);
    put(canvas, row + 1, left, LEFT);
    put(canvas, row + 1, left + width - 1, RIGHT);
    put_text(canvas, row + 1, left + 2, label);
}

static void put_gate(struct canvas *canvas, const struct gate *gate, int64_t middle)
{
    int first, last;
    char label[LABEL];
    span_of(gate, &first, &last);
    for (int64_t row = 3 * first + 1; row < 3 * last + 1; row++)
        put(canvas, row, middle, row % 3 == 1 ? CROSS : LINE);
    for (int i = 0; i < gate->qubits; i++) {
        const int q = gate->qubit[i], sign = sign_of(gate, i);
        if (sign >= 0)
            put(canvas, 3 * q + 1, middle, sign);
        else {
            write_label(gate, i, canvas->ascii, label);
            put_box(canvas, q, middle, label);
            if (q > first)
                put(canvas, 3 * q, middle, UP);
            if (q < last)
                put(canvas, 3 * q + 2, middle, DOWN);
        }
    }
}

static void print_canvas(const struct canvas *canvas)
{
    for (int64_t row = 0; row < canvas->rows; row++) {
        int64_t end = canvas->columns;
        while (end > 0 && !strcmp(canvas->cell[row * canvas->columns + end - 1], " "))
            end--;
        for (int64_t c = 0; c < end; c++)
            fputs(canvas->cell[row * canvas->columns + c], stdout);
        if (end)
            putchar('\n');
    }
}

/* columns first ... last - 1 as one line of wires */
static void draw_line(const struct gates *gates, const struct placed *placed, const int64_t *width,
                      int64_t first, int64_t last, bool ascii)
{
    enum { NAMES = 6 };
    struct canvas canvas = {.ascii = ascii, .rows = 3 * gates->qubits, .columns = NAMES};
    for (int64_t c = first; c < last; c++)
        canvas.columns += width[c] + 1;
    canvas.columns++;
    canvas.cell = room(canvas.rows * canvas.columns, sizeof *canvas.cell);
    for (int64_t i = 0; i < canvas.rows * canvas.columns; i++)
        snprintf(canvas.cell[i], GLYPH, " ");
    for (int64_t q = 0; q < gates->qubits; q++) {
        char name[32];
        snprintf(name, sizeof name, "q%lld:", (long long)q);
        put_text(&canvas, 3 * q + 1, 0, name);
        for (int64_t c = NAMES - 1; c < canvas.columns; c++)
            put(&canvas, 3 * q + 1, c, WIRE);
    }
    int64_t left = NAMES;
    for (int64_t c = first; c < last; c++) {
        for (int64_t g = 0; g < gates->count; g++)
            if (placed[g].column == c)
                put_gate(&canvas, placed[g].gate, left + width[c] / 2);
        left += width[c] + 1;
    }
    print_canvas(&canvas);
    free(canvas.cell);
}

void draw_circuit(const struct gates *gates, bool ascii, int64_t most)
{
    struct placed *placed = room(gates->count, sizeof *placed);
    const int64_t columns = place(gates, ascii, placed);
    int64_t *width = room(columns, sizeof *width);
    for (int64_t g = 0; g < gates->count; g++)
        if (placed[g].column >= 0 && placed[g].width > width[placed[g].column])
            width[placed[g].column] = placed[g].width;
    for (int64_t first = 0, last; first < columns || !first; first = last) {
        int64_t span = 8;
        for (last = first; last < columns && (last == first || span + width[last] + 1 <= most); last++)
            span += width[last] + 1;
        if (first)
            putchar('\n');
        draw_line(gates, placed, width, first, last, ascii);
        if (!columns)
            break;
    }
    free(width);
    free(placed);
}

void draw_observables(const struct gates *gates, bool ascii)
{
    for (int64_t k = 0; k < gates->outputs; k++) {
        int written = 0;
        printf("f%lld = %s", (long long)k, ascii ? "<" : "⟨");
        for (int64_t i = 0; i < gates->terms; i++) {
            const struct term *term = &gates->term[i];
            if (term->output != k)
                continue;
            const double size = fabs(term->coefficient);
            printf("%s", term->coefficient < 0 ? (written ? " - " : "-") : written ? " + " : "");
            if (size != 1)
                printf("%.6g ", size);
            for (int q = 0, letters = 0; q < gates->qubits || !letters; q++) {
                if (q >= gates->qubits) {
                    printf("1");
                    break;
                }
                if (term->string[q] != 'I')
                    printf("%s%c%d", letters++ ? " " : "", term->string[q], q);
            }
            written++;
        }
        printf("%s%s\n", written ? "" : "0", ascii ? ">" : "⟩");
    }
}
