// A plugin for clang-tidy: the checks look at our own declarations, and no more at those of system headers,
// where nothing that they find is shown. That leaves them a third of the time, most of which is the parsing.
//
// In: a parsed source. Out: the scope that clang-tidy's matchers walk through. tests/lint.sh builds and loads
// it.
#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/Frontend/FrontendPluginRegistry.h>

#include <memory>
#include <string>
#include <vector>

namespace {

class OurScope : public clang::ASTConsumer {
  public:
    void HandleTranslationUnit(clang::ASTContext& context) override {
        const clang::SourceManager& sources = context.getSourceManager();
        std::vector<clang::Decl*> ours;
        for (clang::Decl* declaration : context.getTranslationUnitDecl()->decls())
            if (!sources.isInSystemHeader(sources.getExpansionLoc(declaration->getLocation())))
                ours.push_back(declaration);
        context.setTraversalScope(ours);
    }
};

/// Made by clang for each source, before clang-tidy's own consumer.
class SetOurScope : public clang::PluginASTAction {
  protected:
    std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& /*compiler*/,
                                                          llvm::StringRef /*source*/) override {
        return std::make_unique<OurScope>();
    }

    bool ParseArgs(const clang::CompilerInstance& /*compiler*/,
                   const std::vector<std::string>& /*arguments*/) override {
        return true;
    }

    ActionType getActionType() override { return AddBeforeMainAction; }
};

const clang::FrontendPluginRegistry::Add<SetOurScope> registered("our-scope", "leaves system headers out");

} // namespace
