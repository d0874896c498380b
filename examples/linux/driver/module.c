/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * module.c - modules with counters of their own
 *
 * A module's tables are registered before any of its code runs, and tasks that
 * trace have their copies of its counters by then: its probes go there at once.
 * Where they are, symbols of module.lds tell.
 */
#include <linux/init.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/slab.h>

#include "linux.h"

struct module_image {
  struct list_head list;
  const struct module *module;
  struct kcov8_image image;
};

/* What their comparisons call and test. */
EXPORT_SYMBOL_GPL(__kcov8_cmp_on);
EXPORT_SYMBOL_GPL(__kcov8_trace_cmp);
EXPORT_SYMBOL_GPL(__kcov8_trace_switch);

#ifdef CONFIG_KCOV8_ORDER
struct kcov8i_order;
extern struct kcov8i_order kcov8i_order_list;
void __kcov8_first_in(u8 *counter, struct kcov8i_order *list);
EXPORT_SYMBOL_GPL(kcov8i_order_list);
EXPORT_SYMBOL_GPL(__kcov8_first_in);
#endif

/* Changed by notifiers only, one at a time. */
static LIST_HEAD(images);
static DEFINE_MUTEX(images_lock);

static void *symbol(const struct module *m, const char *name) {
  char full[MODULE_NAME_LEN + 32];

  snprintf(full, sizeof(full), "%s:%s", m->name, name);
  return (void *)module_kallsyms_lookup_name(full);
}

static int coming(const struct module *m) {
  const unsigned int failures = READ_ONCE(kcov8_linux_no_memory);
  struct module_image *i;
  void *const counters = symbol(m, "__start___kcov8_cntrs");

  if (!counters)
    return 0; /* built without */
  i = kzalloc(sizeof(*i), GFP_KERNEL);
  if (!i)
    return -ENOMEM;
  i->module = m;
  i->image = (struct kcov8_image){
      .abi = KCOV8_ABI_VERSION,
      .size = sizeof(i->image),
      .counters = {counters, symbol(m, "__stop___kcov8_cntrs")},
      .keys = {symbol(m, "__start___kcov8_keys"),
               symbol(m, "__stop___kcov8_keys")},
      .funcs = {symbol(m, "__start___kcov8_funcs"),
                symbol(m, "__stop___kcov8_funcs")},
      .marks = {symbol(m, "__start___kcov8_marks"),
                symbol(m, "__stop___kcov8_marks")},
      .arrays = {symbol(m, "__start___kcov8_arrays"),
                 symbol(m, "__stop___kcov8_arrays")},
  };
  list_add(&i->list, &images);
  __kcov8_image_register(&i->image);
  /* Its probes would go to pages that are not there. */
  return READ_ONCE(kcov8_linux_no_memory) == failures ? 0 : -ENOMEM;
}

/* Also after a module that could not start. */
static void going(const struct module *m) {
  struct module_image *i;

  list_for_each_entry(i, &images, list) if (i->module == m) {
    __kcov8_image_unregister(&i->image);
    list_del(&i->list);
    kfree(i);
    return;
  }
}

static int notify(struct notifier_block *block, unsigned long state,
                  void *data) {
  int err = 0;

  mutex_lock(&images_lock);
  if (state == MODULE_STATE_COMING)
    err = coming(data);
  /* Who refuses is not told that it goes. */
  if (err || state == MODULE_STATE_GOING)
    going(data);
  mutex_unlock(&images_lock);
  return notifier_from_errno(err);
}

/* First to hear of it: others may call the module's code. */
static struct notifier_block notifier = {
    .notifier_call = notify,
    .priority = INT_MAX,
};

static int __init module_init_kcov8(void) {
  return register_module_notifier(&notifier);
}
early_initcall(module_init_kcov8);
