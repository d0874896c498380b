/* A realistic subject for the ID tests: a hash table, a tokenizer, a small
 * state machine and an evaluator, about as dense as kernel code. */
#include <stddef.h>

void *alloc(size_t n);
void release(void *p);
void log_text(const char *text);
void log_number(const char *what, long n);
_Noreturn void panic(const char *file, int line, const char *what);
#define ASSERT(x) ((x) ? (void)0 : panic(__FILE__, __LINE__, #x))

/* ---- Hash table ---- */

struct entry {
  struct entry *next;
  unsigned hash;
  long value;
  char name[24];
};

struct table {
  struct entry **slots;
  unsigned n_slots, n_entries;
};

static int same(const char *a, const char *b) {
  while (*a && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

static unsigned hash_name(const char *name) {
  unsigned h = 2166136261u;
  for (; *name; name++) {
    h ^= (unsigned char)*name;
    h *= 16777619u;
  }
  return h;
}

static int table_grow(struct table *t) {
  unsigned n = t->n_slots ? t->n_slots * 2 : 8;
  struct entry **slots = alloc(n * sizeof *slots);
  if (!slots) {
    log_text("table: out of memory");
    return -12;
  }
  for (unsigned i = 0; i < n; i++)
    slots[i] = NULL;
  for (unsigned i = 0; i < t->n_slots; i++) {
    struct entry *e = t->slots[i];
    while (e) {
      struct entry *next = e->next;
      e->next = slots[e->hash & (n - 1)];
      slots[e->hash & (n - 1)] = e;
      e = next;
    }
  }
  if (t->slots)
    release(t->slots);
  t->slots = slots;
  t->n_slots = n;
  return 0;
}

struct entry *table_find(struct table *t, const char *name) {
  unsigned h = hash_name(name);
  if (!t->n_slots)
    return NULL;
  for (struct entry *e = t->slots[h & (t->n_slots - 1)]; e; e = e->next)
    if (e->hash == h && same(e->name, name))
      return e;
  return NULL;
}

int table_set(struct table *t, const char *name, long value) {
  struct entry *e = table_find(t, name);
  if (e) {
    e->value = value;
    return 0;
  }
  if (t->n_entries >= t->n_slots / 2) {
    int error = table_grow(t);
    if (error)
      return error;
  }
  e = alloc(sizeof *e);
  if (!e)
    return -12;
  size_t i = 0;
  for (; name[i]; i++) {
    if (i + 1 >= sizeof e->name) {
      log_text("table: name too long");
      release(e);
      return -36;
    }
    e->name[i] = name[i];
  }
  e->name[i] = 0;
  e->hash = hash_name(name);
  e->value = value;
  ASSERT(t->n_slots);
  e->next = t->slots[e->hash & (t->n_slots - 1)];
  t->slots[e->hash & (t->n_slots - 1)] = e;
  t->n_entries++;
  return 0;
}

int table_drop(struct table *t, const char *name) {
  if (!t->n_slots)
    return -2;
  unsigned h = hash_name(name);
  struct entry **at = &t->slots[h & (t->n_slots - 1)];
  while (*at) {
    struct entry *e = *at;
    if (e->hash == h && same(e->name, name)) {
      *at = e->next;
      release(e);
      t->n_entries--;
      return 0;
    }
    at = &e->next;
  }
  return -2;
}

/* ---- Tokenizer ---- */

enum kind { END, NUMBER, NAME, PLUS, MINUS, STAR, SLASH, OPEN, CLOSE, SET, BAD };

struct token {
  enum kind kind;
  long number;
  char name[24];
};

struct reader {
  const char *at;
  unsigned line, errors;
  struct token token;
};

static int is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

enum kind next_token(struct reader *r) {
  struct token *t = &r->token;
  while (is_space(*r->at) || *r->at == '\n') {
    if (*r->at == '\n')
      r->line++;
    r->at++;
  }
  if (is_digit(*r->at)) {
    t->number = 0;
    while (is_digit(*r->at)) {
      if (t->number > 99999999) {
        log_number("tokenizer: number too large in line", r->line);
        r->errors++;
        return t->kind = BAD;
      }
      t->number = t->number * 10 + (*r->at++ - '0');
    }
    return t->kind = NUMBER;
  }
  if (is_letter(*r->at)) {
    size_t n = 0;
    while (is_letter(*r->at) || is_digit(*r->at)) {
      if (n + 1 < sizeof t->name)
        t->name[n++] = *r->at;
      r->at++;
    }
    t->name[n] = 0;
    return t->kind = NAME;
  }
  switch (*r->at++) {
  case 0:
    r->at--;
    return t->kind = END;
  case '+':
    return t->kind = PLUS;
  case '-':
    return t->kind = MINUS;
  case '*':
    return t->kind = STAR;
  case '/':
    return t->kind = SLASH;
  case '(':
    return t->kind = OPEN;
  case ')':
    return t->kind = CLOSE;
  case '=':
    return t->kind = SET;
  default:
    log_number("tokenizer: strange character in line", r->line);
    r->errors++;
    return t->kind = BAD;
  }
}

/* ---- Evaluator ---- */

static long sum(struct reader *r, struct table *t, int depth);

static long atom(struct reader *r, struct table *t, int depth) {
  long value = 0;
  if (depth > 50) {
    log_text("evaluator: too deep");
    r->errors++;
    return 0;
  }
  switch (r->token.kind) {
  case NUMBER:
    value = r->token.number;
    next_token(r);
    break;
  case NAME: {
    struct entry *e = table_find(t, r->token.name);
    if (e) {
      value = e->value;
    } else {
      log_text("evaluator: unknown name");
      r->errors++;
    }
    next_token(r);
    break;
  }
  case MINUS:
    next_token(r);
    return -atom(r, t, depth + 1);
  case OPEN:
    next_token(r);
    value = sum(r, t, depth + 1);
    if (r->token.kind != CLOSE) {
      log_text("evaluator: ')' expected");
      r->errors++;
    } else {
      next_token(r);
    }
    break;
  default:
    log_text("evaluator: value expected");
    r->errors++;
    next_token(r);
  }
  return value;
}

static long product(struct reader *r, struct table *t, int depth) {
  long value = atom(r, t, depth);
  for (;;) {
    if (r->token.kind == STAR) {
      next_token(r);
      value *= atom(r, t, depth);
    } else if (r->token.kind == SLASH) {
      next_token(r);
      long by = atom(r, t, depth);
      if (!by) {
        log_text("evaluator: division by zero");
        r->errors++;
        return 0;
      }
      value /= by;
    } else {
      return value;
    }
  }
}

static long sum(struct reader *r, struct table *t, int depth) {
  long value = product(r, t, depth);
  while (r->token.kind == PLUS || r->token.kind == MINUS) {
    int minus = r->token.kind == MINUS;
    next_token(r);
    long other = product(r, t, depth);
    value = minus ? value - other : value + other;
  }
  return value;
}

int run(struct table *t, const char *text, long *result) {
  struct reader r = {.at = text, .line = 1};
  *result = 0;
  next_token(&r);
  while (r.token.kind != END) {
    if (r.errors > 10) {
      log_text("run: too many errors");
      break;
    }
    *result = sum(&r, t, 0);
    if (r.token.kind == SET) {
      next_token(&r);
      long value = sum(&r, t, 0);
      int error = table_set(t, r.token.name, value);
      if (error) {
        log_number("run: cannot set", error);
        return error;
      }
    }
  }
  return r.errors ? -22 : 0;
}

/* ---- A connection's states ---- */

enum state { IDLE, SENT, OPENED, CLOSING, DONE, FAILED };
enum event { SEND, ACK, DATA, FIN, RESET, TIMER };

struct connection {
  enum state state;
  unsigned retries, received;
  struct table names;
};

int step(struct connection *c, enum event e) {
  ASSERT(c->retries <= 3);
  if (e == RESET) {
    log_text("connection: reset");
    c->state = FAILED;
    return -104;
  }
  switch (c->state) {
  case IDLE:
    if (e == SEND)
      c->state = SENT;
    return 0;
  case SENT:
    if (e == ACK) {
      c->retries = 0;
      c->state = OPENED;
      return 0;
    }
    if (e == TIMER) {
      if (c->retries++ < 3)
        return 0;
      log_text("connection: timed out");
      c->state = FAILED;
      return -110;
    }
    break;
  case OPENED:
    if (e == DATA) {
      c->received++;
      return table_set(&c->names, "last", c->received);
    }
    if (e == FIN)
      c->state = CLOSING;
    return 0;
  case CLOSING:
    if (e == ACK || e == TIMER)
      c->state = DONE;
    return 0;
  case DONE:
  case FAILED:
    return -32;
  }
  log_number("connection: unexpected event", e);
  return -71;
}
