// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kcov8-options.so: a clang frontend plugin that takes
// -fplugin-arg-kcov8-OPT[=VALUE] and keeps it for the pass. This is the one
// channel that works in CFLAGS shared with assembler files: clang accepts such
// an option silently where the frontend does not run. Apart from the pass,
// since `opt` has no clang symbols.
//
// It also tells the pass which functions are no_sanitize("coverage"): clang
// passes that on only with SanitizerCoverage switched on.
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/Mangle.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendPluginRegistry.h"
#include <memory>
#include <string>
#include <vector>

namespace {

std::string Stored, NoCoverage;
const char *FunctionSections; // null: the frontend did not run

// Collects names, since up to LLVM 16 code generation has its own copy of the
// options that OptionsAction sets (a lambda's attribute is lost there).
class NoCoverageCollector : public clang::ASTConsumer {
public:
  void Initialize(clang::ASTContext &Context) override {
    Names = std::make_unique<clang::ASTNameGenerator>(Context);
  }
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override {
    for (clang::Decl *D : Group)
      collect(*D);
    return true;
  }
  void HandleInlineFunctionDefinition(clang::FunctionDecl *F) override {
    collect(*F);
  }

private:
  void collect(const clang::Decl &D) {
    if (auto *F = llvm::dyn_cast<clang::FunctionDecl>(&D)) {
      if (!F->isDependentContext())
        for (auto *A : F->specific_attrs<clang::NoSanitizeAttr>())
          if (A->hasCoverage())
            add(*F);
    } else if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl,
                         clang::CXXRecordDecl>(&D)) {
      for (clang::Decl *Inner :
           llvm::cast<clang::DeclContext>(&D)->noload_decls())
        collect(*Inner);
    }
  }
  void add(const clang::FunctionDecl &F) {
    if (llvm::isa<clang::CXXMethodDecl>(F)) // constructors have several
      for (const std::string &Name : Names->getAllManglings(&F))
        NoCoverage += Name + "\n";
    else
      NoCoverage += Names->getName(&F) + "\n";
  }
  std::unique_ptr<clang::ASTNameGenerator> Names;
};

class OptionsAction : public clang::PluginASTAction {
protected:
  std::unique_ptr<clang::ASTConsumer>
  CreateASTConsumer(clang::CompilerInstance &, llvm::StringRef) override {
    return std::make_unique<NoCoverageCollector>();
  }

  bool ParseArgs(const clang::CompilerInstance &Compiler,
                 const std::vector<std::string> &Args) override {
    // As if a part of SanitizerCoverage were on that adds no code by itself,
    // unless it is on, when that part would; and
    // __has_feature(coverage_sanitizer) holds.
    auto &C = const_cast<clang::CompilerInstance &>(Compiler);
    if (!C.getCodeGenOpts().SanitizeCoverageType)
      C.getCodeGenOpts().SanitizeCoverageIndirectCalls = true;
    C.getLangOpts().SanitizeCoverage = true;
    Stored.clear();
    NoCoverage.clear();
    FunctionSections = C.getCodeGenOpts().FunctionSections ? "on\n" : "";
    for (const std::string &Arg : Args)
      Stored += Arg + "\n";
    return true;
  }

  ActionType getActionType() override { return AddBeforeMainAction; }
};

clang::FrontendPluginRegistry::Add<OptionsAction>
    Registration("kcov8", "options of the kcov8 coverage pass");

} // namespace

// Options separated by newlines; read by the pass (Options.cpp) with dlsym.
extern "C" __attribute__((visibility("default"))) const char *
kcov8_frontend_options() {
  return Stored.c_str();
}

// Not empty with -ffunction-sections; null for LLVM IR.
extern "C" __attribute__((visibility("default"))) const char *
kcov8_frontend_function_sections() {
  return FunctionSections;
}

// Names of functions, separated by newlines.
extern "C" __attribute__((visibility("default"))) const char *
kcov8_frontend_no_coverage() {
  return NoCoverage.c_str();
}
